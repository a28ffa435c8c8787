// Reads an LZ4 block (the format's public description), so that the tests do not take the hub's word for what it stored.

/** The `size` bytes a block was packed from; throws on anything else. */
export function unpacked(block: Buffer, size: number): Buffer {
  const text = Buffer.alloc(size);
  let from = 0;
  let to = 0;
  // Four bits of the token; 15 goes on in bytes, the last of which is below 255.
  const length = (bits: number) => {
    if (bits < 15) return bits;
    for (let more = 255; more === 255; bits += more) more = block[from++]!;
    return bits;
  };
  while (from < block.length) {
    const token = block[from++]!;
    const literals = length(token >> 4);
    to += block.copy(text, to, from, from + literals);
    from += literals;
    if (from >= block.length) break;
    const back = block.readUInt16LE(from);
    from += 2;
    // A match may reach into what it is writing.
    for (let left = length(token & 15) + 4; left > 0; --left, ++to) text[to] = text[to - back]!;
  }
  if (to !== size) throw new Error(`an LZ4 block of ${size} bytes gave ${to}`);
  return text;
}
