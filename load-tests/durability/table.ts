/** Names on the left, numbers on the right. */
export const printTable = (rows: readonly (readonly [name: string, value: number])[]): void => {
  const cells = rows.map(([name, value]) => [name, value.toLocaleString('en-US')] as const);
  const [left, right] = [0, 1].map((column) => Math.max(...cells.map((row) => row[column].length)));
  for (const [name, value] of cells) console.log(`${name.padEnd(left)}  ${value.padStart(right)}`);
};
