import { addLawCode } from "./law-acts.ts";
import type { DoorAct } from "./services.ts";

/** The acts that `roll` answers. */
export const ROLL_ACTS: readonly DoorAct[] = [addLawCode];
