import { LIMITS } from './limits.ts';

/** Printable ASCII only: what nearly every id is, told without an expression and without counting bytes. */
const isPlain = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
};

const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Why a text cannot be an id, or undefined where it can. Unpaired surrogates count as control characters. */
export const idProblem = (text: string, bytesMax: number = LIMITS.idBytesMax): string | undefined => {
  if (text.length === 0) return 'must not be empty';
  if (text.length <= bytesMax && isPlain(text)) return undefined;
  if (text.length > bytesMax || Buffer.byteLength(text) > bytesMax) return `must have at most ${bytesMax} bytes`;
  if (CONTROL.test(text)) return 'must not contain control characters';
  return undefined;
};
