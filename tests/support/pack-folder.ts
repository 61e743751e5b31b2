import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A pack in a folder of its own, which goes away with the test file. @returns the folder */
export const packFolder = (pack: {
  name?: string;
  utcOffset?: string;
  features: readonly Record<string, unknown>[];
  labels?: readonly Record<string, unknown>[];
  moment?: Record<string, unknown>;
  segments?: Record<string, unknown>;
  /** Whole files. */
  items?: Record<string, unknown>;
  actions?: Record<string, unknown>;
  channels?: Record<string, unknown>;
  campaigns?: Record<string, unknown>;
  triggers?: Record<string, unknown>;
}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'beckon-pack-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  // JSON is YAML.
  const write = (file: string, value: unknown): void => writeFileSync(join(folder, file), JSON.stringify(value));
  const currency = { code: 'EUR', minorDigits: 2 };
  write('pack.yaml', { name: pack.name ?? 'shop', version: '1', currency, utcOffset: pack.utcOffset ?? '+00:00' });
  write('features.yaml', { features: pack.features.map((feature) => ({ description: 'of a test', ...feature })) });
  write('labels.yaml', { moment: pack.moment, labels: pack.labels ?? [] });
  write('segments.yaml', { segments: pack.segments ?? {} });
  for (const name of ['items', 'actions', 'channels', 'campaigns', 'triggers'] as const)
    if (pack[name] !== undefined) write(`${name}.yaml`, pack[name]);
  return folder;
};

/** The files of a pack folder by name, as `POST /v1/packs` takes them. */
export const packFiles = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
