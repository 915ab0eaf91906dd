import { z } from "zod";

const line = z.string().min(1).max(80);
const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, "must be a time zone such as America/Toronto");

/** The election office, as papers for voters and the public name it. No resource is made of it. */
export const officeSchema = z.strictObject({
  /** Its name in both languages. */
  name: z.strictObject({ fr: line, en: line }),
  /** How voters reach it, a line each: telephone, hours, address. */
  contact: z.strictObject({ fr: z.array(line).max(4), en: z.array(line).max(4) }),
  /** Its logo: the path of a PNG or JPEG file, from the project's folder. Absent: none. */
  logo: z.string().min(1).optional(),
  /** The paper that it prints on: that of North America, or A4. */
  paper: z.enum(["letter", "a4"]),
  /** The zone in which papers give times. */
  timeZone,
});
