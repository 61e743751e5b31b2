/** Makes numbers that stand anywhere among `values` the first inputs of the row that begins at `into[at]`. */
export type Gather = (values: Float64Array, into: Float32Array, at: number) => void;

/**
 * As a function of its own, in which the places stand: a loop that looks them up takes twice as long.
 * @param places among the values, in the order of the inputs
 */
export const compileGather = (places: readonly number[]): Gather => {
  const moves = places.map((place, input) => `into[at+${input}]=values[${Number(place)}];`);
  return new Function('values', 'into', 'at', moves.join('\n')) as Gather;
};
