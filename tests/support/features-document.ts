import { HEADER_WORDS } from '../../src/features/row.ts';
import { FeatureState, packOf } from './feature-state.ts';

/** The features of the retail pack as a table, and what its rows take. */
export const featuresTable = (): string => {
  const { plan } = packOf('models/retail');
  const readers = new Map<string, number>();
  for (const { cells } of plan.features) for (const key of cells) readers.set(key, (readers.get(key) ?? 0) + 1);
  const wordsOf = new Map(plan.cells.map(({ key, words }) => [key, words]));

  const stateOf = (feature: (typeof plan.features)[number]): string => {
    if (feature.spec.by !== undefined) return `group \`${[feature.spec.by].flat().join(' × ')}\``;
    const words = feature.cells.reduce((sum, key) => sum + wordsOf.get(key)!, 0);
    const shared = feature.cells.some((key) => readers.get(key)! > 1);
    return `${words}${shared ? ', shared' : ''}`;
  };
  const defaults = new FeatureState(plan, 1).read('nobody', 0);
  const cell = (text: string): string => text.replaceAll('|', '\\|');

  const rows = plan.features.map((feature) => {
    const { name, kind, description, unit, serves = '' } = feature.spec;
    return `| \`${name}\` | ${kind} | ${cell(description)} | ${unit} | ${Number(defaults.get(name)!.toPrecision(4))} | ${serves} | ${stateOf(feature)} |`;
  });
  const unread = plan.cells.filter(({ key }) => !readers.has(key)).map(({ key, words }) => `${words} for ${key}`);
  const total = [
    `**${plan.features.length} features in a row of ${plan.rowWords} words (${plan.rowWords * 4} bytes)**:`,
    `${HEADER_WORDS} words of header, ${plan.rowWords - HEADER_WORDS} in ${plan.cells.length} cells`,
    ...(unread.length === 0 ? [] : [`(of which no feature reads: ${unread.join(', ')})`]),
  ].join(' ');
  return [
    '| feature | kind | what it is | unit | default | serves | words read |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `${total}.`,
  ].join('\n');
};
