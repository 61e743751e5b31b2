/** Callers check lengths; what they let pass by mistake is cut, and so unknown. */
export const ID_BYTES = 1024;

/** Ids of many customers where they stand in one piece of memory, as UTF-8. */
export interface IdBytes {
  readonly bytes: Buffer;
  /** Where each begins, and where it ends: two numbers an id. */
  readonly bounds: Uint32Array;
}

const ASCII_MAX = 0x7f;

/** As UTF-8; ids are short and nearly always ASCII, for which a call out of JavaScript costs more than it saves. */
export const writeId = (text: string, into: Buffer): number => {
  const { length } = text;
  if (length > ID_BYTES) return into.write(text, 'utf8');
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > ASCII_MAX) return into.write(text, 'utf8');
    into[i] = code;
  }
  return length;
};
