import { type Reference, resolved, type SourceModule } from './source-module.ts';

/** Each check gives sentences, one a violation; an empty list means that it holds. */
export type Violations = string[];

/** The files of ours that a file names, with the reference that names them. */
const targetsOf = (module: SourceModule): [string, Reference][] =>
  module.references.flatMap((reference): [string, Reference][] => {
    const target = resolved(module.file, reference.specifier);
    return target === undefined ? [] : [[target, reference]];
  });

/** Files that Node runs. The launcher is plain JavaScript, because it has to say so to a Node that is too old. */
export const isCode = (file: string): boolean => /\.m?[tj]s$/.test(file);

/** `src/log/sqlite-log.ts` → `log`; undefined for what is not in a room of src. */
export const roomOf = (file: string): string | undefined => /^src\/([^/]+)\/./.exec(file)?.[1];

/** Arrows between rooms that the table does not allow. Type imports, lazy imports and thread entries count. */
export const forbiddenArrows = (
  modules: readonly SourceModule[],
  allowed: Readonly<Record<string, readonly string[]>>,
): Violations => {
  const found: Violations = [];
  for (const module of modules.filter(({ file }) => file.startsWith('src/'))) {
    const room = roomOf(module.file);
    if (room === undefined || allowed[room] === undefined) {
      found.push(`${module.file} stands in no room of the table`);
      continue;
    }
    for (const [target, { kind }] of targetsOf(module)) {
      // The address of a folder, such as that of the models, is no import.
      if (kind === 'url' && !isCode(target)) continue;
      const other = roomOf(target);
      if (other === undefined) found.push(`${module.file} imports ${target}, which is outside src`);
      else if (other !== room && !allowed[room].includes(other)) {
        found.push(`${module.file} imports ${target}: ${room} must not know ${other}`);
      }
    }
  }
  return found;
};

/** Groups of files that import each other in a circle, each as one sentence. */
export const importCycles = (modules: readonly SourceModule[]): Violations => {
  const targets = new Map(
    modules.map((module) => [
      module.file,
      targetsOf(module).flatMap(([target, { kind }]) => (kind === 'url' ? [] : [target])),
    ]),
  );
  const found: Violations = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    path.push(file);
    for (const target of targets.get(file) ?? []) {
      if (state.get(target) === 'open') {
        found.push(`${[...path.slice(path.indexOf(target)), target].join(' → ')} is a cycle`);
      } else if (state.get(target) === undefined && targets.has(target)) visit(target);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const { file } of modules) if (state.get(file) === undefined) visit(file);
  return found;
};

/** Files of src that nothing reaches from the entries, through imports, lazy imports and thread entries. */
export const deadFiles = (modules: readonly SourceModule[], entries: readonly string[]): Violations => {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const module = byFile.get(file);
    if (module === undefined || reached.has(file)) continue;
    reached.add(file);
    waiting.push(...targetsOf(module).map(([target]) => target));
  }
  return (
    modules
      // What declares types of the platform is read by the compiler alone and imported by nobody.
      .filter(({ file }) => file.startsWith('src/') && !file.endsWith('.d.ts') && !reached.has(file))
      .map(({ file }) => `${file} is reached from no entry`)
  );
};

/** Relative imports of files that are not there; Node needs the whole name, with its ending. */
export const brokenImports = (modules: readonly SourceModule[], isThere: (file: string) => boolean): Violations =>
  modules.flatMap((module) =>
    targetsOf(module)
      .filter(
        ([target, { kind }]) => kind !== 'url' && !((isCode(target) || target.endsWith('.json')) && isThere(target)),
      )
      .map(([target]) => `${module.file} imports ${target}, which is not there`),
  );

/** Exported names of src that no other file takes. A thread entry, whose exports its thread reads, is spared. */
export const unusedExports = (modules: readonly SourceModule[]): Violations => {
  const taken = new Map<string, Set<string> | 'all'>();
  for (const module of modules) {
    for (const [target, { names }] of targetsOf(module)) {
      const before = taken.get(target) ?? new Set<string>();
      if (names === undefined || before === 'all') taken.set(target, 'all');
      else taken.set(target, new Set([...before, ...names]));
    }
  }
  return modules
    .filter(({ file }) => file.startsWith('src/') && taken.get(file) !== 'all')
    .flatMap(({ file, exports, code }) => {
      const names = taken.get(file) as Set<string> | undefined;
      return exports
        .filter((name) => !names?.has(name) && !isTypeInUse(name, code))
        .map((name) => `${file} exports ${name}, which nobody imports`);
    });
};

/** A type that its own file uses belongs to the signature of something else there; whoever takes that may need its name. */
const isTypeInUse = (name: string, code: string): boolean =>
  new RegExp(`\\bexport\\s+(?:interface|type)\\s+${name}\\b`).test(code) &&
  [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1;

/** Barrels: files named index.ts, and names of another file passed on. */
export const barrels = (modules: readonly SourceModule[]): Violations => [
  ...modules.filter(({ file }) => /(^|\/)index\.ts$/.test(file)).map(({ file }) => `${file} is a barrel by its name`),
  ...modules.flatMap(({ file, references }) =>
    references
      .filter(({ reexport }) => reexport)
      .map(({ specifier }) => `${file} passes on names of ${specifier}; import them where they are made`),
  ),
];

/** Files with more lines than the bound. */
export const longFiles = (modules: readonly SourceModule[], linesMax: number): Violations =>
  modules
    .filter(({ lines }) => lines > linesMax)
    .map(({ file, lines }) => `${file} has ${lines} lines, more than ${linesMax}`);

const CLOCKS =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())|(?<!new\s+|\.)\bDate\s*\(|\bperformance\b|\bhrtime\b|\b(?:setTimeout|setInterval)\b|\bwallClock\b|\bnowMs\s*\(/;

/** Places in the given rooms that read a clock or a timer. */
export const clocksRead = (modules: readonly SourceModule[], rooms: readonly string[]): Violations =>
  modules
    .filter(({ file }) => rooms.includes(roomOf(file) ?? ''))
    .flatMap(({ file, code }) =>
      code.split('\n').flatMap((line, index) => {
        const clock = CLOCKS.exec(line)?.[0];
        return clock === undefined ? [] : [`${file}:${index + 1} reads a clock: ${clock}`];
      }),
    );
