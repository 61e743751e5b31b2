/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string;
  readonly rest: string;
}

/** The stages of a Dockerfile, each beginning with its `FROM`. */
export const dockerStages = (text: string): Instruction[][] => {
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [name, ...rest] = line.split(/\s+/);
    if (name.toUpperCase() === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name: name.toUpperCase(), rest: rest.join(' ') });
  }
  return stages;
};

/** Paths that a stage copies from the build's context: not those that it takes from another stage. */
export const copiedPaths = (stage: readonly Instruction[]): string[] =>
  stage
    .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from='))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));

/** True where a list of ignore rules that begins with `*` lets a path of the root into the build's context. */
export const entersContext = (rules: string, path: string): boolean => {
  let enters = true;
  for (const line of rules.split('\n').filter((rule) => rule !== '' && !rule.startsWith('#'))) {
    const rule = line.replace(/^!/, '');
    if (rule === '*' || rule === path || path.startsWith(`${rule}/`)) enters = line.startsWith('!');
  }
  return enters;
};
