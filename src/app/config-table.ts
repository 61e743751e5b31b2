import { SETTINGS, type Setting } from './config-schema.ts';

const range = ({ schema }: Setting): string => {
  const { minimum, maximum, enum: values } = schema as { minimum?: number; maximum?: number; enum?: string[] };
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  return minimum === undefined ? '' : `${minimum} … ${maximum}`;
};

const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);

/** The table of docs/configuration.md, as Markdown, one row a setting. */
export const configurationTable = (): string => {
  const rows = SETTINGS.map(
    (setting) =>
      `| ${[
        code(setting.key),
        code(setting.flag && `--${setting.flag}`),
        code(setting.variable),
        code(String(setting.standard)),
        range(setting),
        setting.description,
      ].join(' | ')} |`,
  );
  return ['| key | flag | variable | default | allowed | what it is |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
};
