/** Every record begins with its length, header and all. */
const LENGTH_BYTES = 4;

/**
 * Records of a group with others in the place of some.
 * @param records one after another, the first of `firstOffset`
 * @param others new bytes by offset; offsets of other groups are left alone
 */
export const withReplaced = (
  records: Uint8Array,
  firstOffset: number,
  others: ReadonlyMap<number, Uint8Array>,
): Uint8Array => {
  const parts: Uint8Array[] = [];
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let kept = 0;
  let at = 0;
  for (let offset = firstOffset; at + LENGTH_BYTES <= records.length; offset++) {
    const end = at + view.getUint32(at, true);
    const other = others.get(offset);
    if (other !== undefined) {
      parts.push(records.subarray(kept, at), other);
      kept = end;
    }
    at = end;
  }
  return kept === 0 ? records : new Uint8Array(Buffer.concat([...parts, records.subarray(kept)]));
};
