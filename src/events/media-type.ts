/** A media type as the `content-type` header and `datacontenttype` name it. */
interface MediaType {
  /** Lower case, without parameters. */
  readonly name: string;
  /** False where a charset other than UTF-8 is named: JSON is UTF-8. */
  readonly utf8: boolean;
}

let lastText = '';
let last: MediaType = { name: '', utf8: true };

/** Remembers the last answer: one producer sends the same text with every event. */
export const mediaType = (text: string): MediaType => {
  if (text === lastText) return last;
  const [name, ...parameters] = text.split(';');
  let utf8 = true;
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1];
    if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) utf8 = false;
  }
  last = { name: name.trim().toLowerCase(), utf8 };
  lastText = text;
  return last;
};

/** True for `application/json`, `text/json` and every `…+json`, in UTF-8. */
export const isJson = (text: string): boolean => {
  const { name, utf8 } = mediaType(text);
  return utf8 && (name === 'application/json' || name === 'text/json' || /^[^/]+\/[^/]+\+json$/.test(name));
};
