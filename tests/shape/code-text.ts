/** Words after which a slash begins a regular expression and not a division. */
const BEFORE_REGEX =
  /(?:^|[({[=,;:!&|?+\-*%<>~^}\n]|\b(?:return|typeof|case|in|of|void|delete|do|else|await|yield))\s*$/;

/** Index just after the quoted text or regular expression that begins at `start`. */
const endOfQuoted = (text: string, start: number): number => {
  const quote = text[start];
  let inClass = false;
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (quote === '/' && char === '[') inClass = true;
    else if (quote === '/' && char === ']') inClass = false;
    else if (char === quote && !inClass) return i + 1;
  }
  return text.length;
};

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** Quotes stay, what is between them is blanked. */
const blankInside = (text: string): string =>
  text.length < 2 ? text : text[0] + blank(text.slice(1, -1)) + text[text.length - 1];

/**
 * The code of a TypeScript file: same length, same lines, with comments, the insides of strings, templates and
 * regular expressions blanked, so that a pattern never matches in prose. Code inside `${…}` stays.
 */
export const codeText = (text: string): string => {
  let code = '';
  // One entry a template that is open: the depth of braces inside its current `${`, or -1 while in its text.
  const templates: number[] = [];
  for (let i = 0; i < text.length; ) {
    const char = text[i];
    const depth = templates.at(-1);
    let end = i + 1;
    let piece = char;
    if (depth === -1) {
      if (char === '`') templates.pop();
      else if (char === '$' && text[i + 1] === '{') {
        templates[templates.length - 1] = 0;
        end = i + 2;
        piece = '${';
      } else {
        end = char === '\\' ? i + 2 : end;
        piece = blank(text.slice(i, end));
      }
    } else if (char === '`') {
      templates.push(-1);
    } else if (char === '{' && depth !== undefined) {
      templates[templates.length - 1] = depth + 1;
    } else if (char === '}' && depth !== undefined) {
      templates[templates.length - 1] = depth - 1;
    } else if (char === "'" || char === '"') {
      end = endOfQuoted(text, i);
      piece = blankInside(text.slice(i, end));
    } else if (char === '/' && text[i + 1] === '/') {
      end = text.indexOf('\n', i);
      if (end < 0) end = text.length;
      piece = blank(text.slice(i, end));
    } else if (char === '/' && text[i + 1] === '*') {
      end = text.indexOf('*/', i + 2) + 2;
      if (end < 2) end = text.length;
      piece = blank(text.slice(i, end));
    } else if (char === '/' && BEFORE_REGEX.test(code.slice(-40))) {
      end = endOfQuoted(text, i);
      piece = blankInside(text.slice(i, end));
    }
    code += piece;
    i = end;
  }
  return code;
};
