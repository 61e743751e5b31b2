import { posix } from 'node:path';
import type { Violations } from './module-graph.ts';

/** Markdown without its fenced and inline code, line by line, so that an example is not taken for a link. */
const prose = (markdown: string): string => markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors of a Markdown text, as the headings are addressed on GitHub. */
export const anchorsOf = (markdown: string): string[] => {
  const seen = new Map<string, number>();
  return [...markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading]) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
};

const LINKS = [
  /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
  /\b(?:src|srcset|href)="([^"]+)"/g,
  /^\[[^\]]+\]:\s*(\S+)/gm,
];

/** Relative links of a Markdown file whose target, or whose heading in the target, is not there. */
export const brokenLinks = (
  file: string,
  markdown: string,
  repository: { stands(file: string): boolean; textOf(file: string): string },
): Violations => {
  const found: Violations = [];
  const text = prose(markdown);
  for (const [, link] of LINKS.flatMap((pattern) => [...text.matchAll(pattern)])) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith('//')) continue;
    const [path, anchor] = link.split('#');
    const target = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
    const isThere = target === file || (!target.startsWith('..') && repository.stands(target));
    if (!isThere) found.push(`${file} links to ${link}, which is not there`);
    else if (anchor !== undefined && target.endsWith('.md')) {
      const anchors = anchorsOf(target === file ? markdown : repository.textOf(target));
      if (!anchors.includes(anchor)) found.push(`${file} links to ${link}, and no heading there is called so`);
    }
  }
  return found;
};

/** The names and reasons of the table below the heading `title`: rows of `` | `name` | reason | ``. */
export const reasonsBelow = (markdown: string, title: string): Map<string, string> => {
  const start = markdown.search(new RegExp(`^#+ ${title}$`, 'm'));
  const reasons = new Map<string, string>();
  if (start < 0) return reasons;
  const after = markdown.slice(start).split('\n').slice(1);
  const next = after.findIndex((line) => /^#+ /.test(line));
  for (const line of next < 0 ? after : after.slice(0, next)) {
    const row = /^\|\s*`([^`]+)`\s*\|(.*)\|\s*$/.exec(line);
    if (row !== null) reasons.set(row[1], row[2].trim());
  }
  return reasons;
};

/** Dependencies without a sentence, and sentences without a dependency. */
export const unreasonedDependencies = (reasons: ReadonlyMap<string, string>, names: readonly string[]): Violations => [
  ...names
    .filter((name) => !/^\S.*[.]$/.test(reasons.get(name) ?? ''))
    .map((name) => `${name} has no sentence in the README's table of dependencies`),
  ...[...reasons.keys()]
    .filter((name) => !names.includes(name))
    .map((name) => `the README gives a reason for ${name}, which is no dependency`),
];

// Built from pieces, so that this file does not hold what it forbids.
const PLACES = ['work', 'tmp', 'root', 'home', 'Users', 'opt/wheels'].map((folder) => `/${folder}/`);
const HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
].map((parts) => parts.join('.'));
const MARKS = [
  ['TO', 'DO'],
  ['FIX', 'ME'],
  ['XX', 'X'],
  ['HA', 'CK'],
].map((parts) => parts.join(''));

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const MACHINE = new RegExp(`(?<![\\w./-])(?:${PLACES.map(escaped).join('|')})|${HOSTS.map(escaped).join('|')}`);
const MARK = new RegExp(`\\b(?:${MARKS.join('|')})\\b`);

/** Lines that name a place of one machine, the host of a package registry, or work left undone. */
export const forbiddenWords = (file: string, text: string): Violations =>
  text.split('\n').flatMap((line, index) => {
    const word = MACHINE.exec(line)?.[0] ?? MARK.exec(line)?.[0];
    return word === undefined ? [] : [`${file}:${index + 1} holds ${word}`];
  });
