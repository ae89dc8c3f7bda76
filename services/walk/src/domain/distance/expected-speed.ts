/**
 * The mean length of a plane velocity of which the mean (of length `speed`) and the variance along each axis are
 * known: Rice's distribution. It is longer than the length of the mean, which is what smoothing would count.
 */
export function expectedSpeed(speed: number, variance: number): number {
  if (variance < 1e-12) return speed
  const z = (speed * speed) / (4 * variance)
  return Math.sqrt((Math.PI / 2) * variance) * ((1 + 2 * z) * scaledBessel0(z) + 2 * z * scaledBessel1(z))
}

const polynomial = (x: number, ...coefficients: readonly number[]): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)

/** e^-x I0(x); Abramowitz and Stegun 9.8.1 and 9.8.2. */
function scaledBessel0(x: number): number {
  if (x < 3.75)
    return (
      Math.exp(-x) *
      polynomial((x / 3.75) ** 2, 1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
    )
  return (
    polynomial(
      3.75 / x,
      0.39894228,
      0.01328592,
      0.00225319,
      -0.00157565,
      0.00916281,
      -0.02057706,
      0.02635537,
      -0.01647633,
      0.00392377,
    ) / Math.sqrt(x)
  )
}

/** e^-x I1(x); Abramowitz and Stegun 9.8.3 and 9.8.4. */
function scaledBessel1(x: number): number {
  if (x < 3.75)
    return (
      Math.exp(-x) *
      x *
      polynomial((x / 3.75) ** 2, 0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411)
    )
  return (
    polynomial(
      3.75 / x,
      0.39894228,
      -0.03988024,
      -0.00362018,
      0.00163801,
      -0.01031555,
      0.02282967,
      -0.02895312,
      0.01787654,
      -0.00420059,
    ) / Math.sqrt(x)
  )
}
