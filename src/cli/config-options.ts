import { SETTINGS } from '../app/config-schema.ts';
import type { CommandOption } from './command.ts';

const value = (kind: string, schema: unknown): string => {
  const values = (schema as { enum?: string[] }).enum;
  return values === undefined ? (kind === 'integer' ? 'N' : 'TEXT') : values.join('|');
};

/**
 * The settings as options of a command, and `--config`. Defaults are only told, not set: file and environment come first.
 * @param keys those that the command reads; all where left out.
 */
export const configOptions = (keys?: readonly string[]): Record<string, CommandOption> => {
  const options: Record<string, CommandOption> = {};
  for (const setting of SETTINGS) {
    if (setting.flag === undefined || (keys !== undefined && !keys.includes(setting.key))) continue;
    const help = `${setting.description.replaceAll('`', '')} (${setting.standard})`;
    options[setting.flag] =
      setting.kind === 'boolean'
        ? { type: 'boolean', help }
        : { type: 'string', value: value(setting.kind, setting.schema), help };
  }
  options.config = { type: 'string', value: 'FILE', help: 'Configuration file instead of beckon.yaml' };
  return options;
};
