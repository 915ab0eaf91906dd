/**
 * Different entries.
 *
 * @param count how many
 */
export function numbered(count: number): Buffer[] {
  return Array.from({ length: count }, (_, number) => {
    const entry = Buffer.alloc(66, number % 251);
    entry.writeUInt8(1);
    entry.writeUInt32BE(number, 1);
    entry.writeUInt8(4, 65);
    return entry;
  });
}
