import { parseDocument } from 'yaml';

/**
 * The door of yaml: what people write by hand (configuration, packs). An empty document is `null`.
 * @throws Error with one sentence and the line, also where a key stands twice
 */
export const parseYaml = (text: string): unknown => {
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(problem.message.split('\n')[0].replace(/:$/, ''));
  return document.toJS();
};
