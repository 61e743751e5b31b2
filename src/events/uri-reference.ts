/** RFC 3986, appendix A, without the inner form of an IP literal. */
const PCHAR = "(?:[\\w.~!$&'()*+,;=:@-]|%[\\da-f]{2})";
const USER = "(?:[\\w.~!$&'()*+,;=:-]|%[\\da-f]{2})";
const NAME = "(?:[\\w.~!$&'()*+,;=-]|%[\\da-f]{2})";
const AUTHORITY = `//(?:${USER}*@)?(?:\\[[\\w.~!$&'()*+,;=:-]+\\]|${NAME}*)(?::\\d*)?(?:/${PCHAR}*)*`;
const PATH = `(?:/?(?:${PCHAR}+(?:/${PCHAR}*)*)?)`;
const TAIL = `(?:\\?(?:[/?]|${PCHAR})*)?(?:#(?:[/?]|${PCHAR})*)?`;
/** A path without a scheme must not have a colon in its first segment: it would read as a scheme. */
const URI_REFERENCE = new RegExp(
  `^(?:[a-z][a-z\\d+.-]*:(?:${AUTHORITY}|${PATH})|${AUTHORITY}|(?![^/?#]*:)${PATH})${TAIL}$`,
  'i',
);

/** Producers send few sources, each with very many events: remembering them saves the expression on the hot path. */
const KNOWN_MAX = 1024;
const known = new Set<string>();

/** True for a URI-reference (RFC 3986), absolute or relative: what CloudEvents wants of a source. */
export const isUriReference = (text: string): boolean => {
  if (known.has(text)) return true;
  if (!URI_REFERENCE.test(text)) return false;
  if (known.size >= KNOWN_MAX) known.clear();
  known.add(text);
  return true;
};
