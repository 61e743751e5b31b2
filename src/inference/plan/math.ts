import { type Code, f32x4, i32x4, type MemoryImage, type RowsFunction, v128 } from './wasm.ts';

/**
 * Functions of four float32 at once, at most 2 units in the last place from the truth. ONNX Runtime's own differ from
 * these, and by machine from each other, by as much. The polynomials are fits of the smallest largest error on the range
 * that is named beside them; the tests hold them to `Math` over all magnitudes.
 */
export type VectorMath = (f: RowsFunction, memory: MemoryImage, x: Code) => Code;

const LN2_HIGH = 0.693359375;
const LN2_LOW = Math.LN2 - LN2_HIGH;

/** (log(1 + f) - f + f²/2) / f³ on √½ ≤ 1 + f ≤ √2. */
const LOG = [0.3333333, -0.2500082, 0.20001227, -0.16623357, 0.14201759, -0.13160183, 0.12761575, -0.07634493];
/** (exp(r) - 1 - r) / r² on ±½ ln 2. */
const EXP = [0.49999994, 0.16666521, 0.04166839, 0.00836871, 0.0013814613];
/** (tanh(√z) / √z - 1) / z on 0 ≤ z ≤ 0.625². */
const TANH = [-0.3333328, 0.13331442, -0.053739715, 0.020639086, -0.0057049864];
const TANH_SMALL = 0.625;

const polynomial = (memory: MemoryImage, coefficients: readonly number[], x: Code): Code =>
  coefficients
    .map((coefficient) => memory.splat(coefficient))
    .reduceRight((sum, coefficient) => f32x4.add(f32x4.mul(sum, x), coefficient));

/** x = 2^e × (1 + f), and log x = e × ln 2 + log(1 + f). */
export const log: VectorMath = (f, memory, value) => {
  const [x, exponent, fraction, isTiny] = ['x', 'exponent', 'fraction', 'mask'].map((name) => f.scratch(name));
  const number = (n: number): Code => memory.splat(n);
  const { get: tiny } = isTiny;
  const scaled = f.scratch('scaled');
  return [
    x.set(value),
    // A denormal number has no exponent of its own: 2^23 times as much has.
    isTiny.set(f32x4.lt(x.get, number(2 ** -126))),
    scaled.set(v128.select(f32x4.mul(x.get, number(2 ** 23)), x.get, tiny)),
    // With the bits of √½ taken off, what is above the mantissa is the exponent of a number from √½ to √2.
    fraction.set(i32x4.sub(scaled.get, memory.splatBits(0x3f3504f3))),
    exponent.set(f32x4.sub(f32x4.convert(i32x4.shiftRight(fraction.get, 23)), v128.and(tiny, number(23)))),
    fraction.set(
      f32x4.sub(
        i32x4.add(v128.and(fraction.get, memory.splatBits(0x007fffff)), memory.splatBits(0x3f3504f3)),
        number(1),
      ),
    ),
    scaled.set(f32x4.mul(fraction.get, fraction.get)),
    // Smallest first: e × low + f³ P - f²/2, then f, then e × high, which is exact.
    scaled.set(
      f32x4.sub(
        f32x4.add(
          f32x4.mul(exponent.get, number(LN2_LOW)),
          f32x4.mul(f32x4.mul(scaled.get, fraction.get), polynomial(memory, LOG, fraction.get)),
        ),
        f32x4.mul(scaled.get, number(0.5)),
      ),
    ),
    scaled.set(f32x4.add(f32x4.mul(exponent.get, number(LN2_HIGH)), f32x4.add(fraction.get, scaled.get))),
    // Infinity is its own logarithm, NaN likewise; 0 gives -infinity and what is below it NaN.
    scaled.set(v128.select(scaled.get, x.get, f32x4.lt(x.get, number(Infinity)))),
    scaled.set(v128.select(number(-Infinity), scaled.get, f32x4.eq(x.get, number(0)))),
    v128.or(scaled.get, f32x4.lt(x.get, number(0))),
  ];
};

/** x = n × ln 2 + r, and exp x = 2^n × exp r. */
export const exp: VectorMath = (f, memory, value) => {
  const [x, n, rest, power] = ['x', 'n', 'rest', 'power'].map((name) => f.scratch(name));
  const number = (it: number): Code => memory.splat(it);
  // Added to a number it leaves the nearest integer in the lowest bits.
  const toInteger = 1.5 * 2 ** 23;
  const twoTo = (exponent: Code): Code => i32x4.shl(i32x4.add(exponent, memory.splatBits(127)), 23);
  return [
    // Beyond these it is 0 and infinity all the same.
    x.set(f32x4.pmax(f32x4.pmin(value, number(89)), number(-104))),
    power.set(f32x4.add(f32x4.mul(x.get, number(Math.LOG2E)), number(toInteger))),
    n.set(f32x4.sub(power.get, number(toInteger))),
    power.set(i32x4.sub(power.get, number(toInteger))),
    rest.set(f32x4.sub(f32x4.sub(x.get, f32x4.mul(n.get, number(LN2_HIGH))), f32x4.mul(n.get, number(LN2_LOW)))),
    // In two steps, since 2^n alone may be too large or too small for a float32.
    n.set(i32x4.shiftRight(power.get, 1)),
    f32x4.mul(
      f32x4.mul(
        f32x4.add(
          f32x4.add(f32x4.mul(f32x4.mul(rest.get, rest.get), polynomial(memory, EXP, rest.get)), rest.get),
          number(1),
        ),
        twoTo(n.get),
      ),
      twoTo(i32x4.sub(power.get, n.get)),
    ),
  ];
};

export const sigmoid: VectorMath = (f, memory, x) =>
  f32x4.div(memory.splat(1), f32x4.add(memory.splat(1), exp(f, memory, f32x4.neg(x))));

/** 1 - 2 / (exp 2|x| + 1) with the sign of x; that loses digits of small numbers, which have a polynomial of their own. */
export const tanh: VectorMath = (f, memory, value) => {
  const [whole, size, square] = ['whole', 'size', 'square'].map((name) => f.scratch(name));
  const number = (it: number): Code => memory.splat(it);
  const small = f32x4.add(whole.get, f32x4.mul(f32x4.mul(whole.get, square.get), polynomial(memory, TANH, square.get)));
  const large = f32x4.sub(
    number(1),
    f32x4.div(number(2), f32x4.add(exp(f, memory, f32x4.add(size.get, size.get)), number(1))),
  );
  return [
    whole.set(value),
    size.set(f32x4.abs(whole.get)),
    square.set(f32x4.mul(whole.get, whole.get)),
    v128.select(small, v128.or(large, v128.and(whole.get, number(-0))), f32x4.lt(size.get, number(TANH_SMALL))),
  ];
};
