import type { PlanePoint } from './plane.ts'

/** A place to estimate; `measured` is false where only time passes between two points. */
export interface Epoch {
  x: number
  y: number
  seconds: number
  measured: boolean
}

export const epochOf = ({ x, y, seconds }: PlanePoint): Epoch => ({ x, y, seconds, measured: true })

/** How a person moves and how a phone errs; both axes alike. */
export interface Motion {
  /** Spectral density of acceleration, m²/s³. */
  agility: number
  /** Variance of a measured position along one axis, m². */
  variance: number
  /** Typical speed, m/s: what is believed of the velocity before the first point. */
  pace: number
}

/** Position and velocity after each epoch, with their covariance (equal for both axes). */
export interface Estimate {
  x: number
  y: number
  vx: number
  vy: number
  positionVariance: number
  covariance: number
  velocityVariance: number
}

/** A surprise above this (squared, in deviations) is an outlier: its pull stays what it would be here. */
const gate = 16

/**
 * Kalman filter of constant velocity (white acceleration) over both axes. `visit` sees each epoch's estimate
 * before and after its measurement. Returns the misfit: the negative logarithm of how likely the measurements are,
 * with heavy tails for outliers.
 */
export function filter(
  epochs: readonly Epoch[],
  { agility, variance, pace }: Motion,
  visit?: (predicted: Estimate, updated: Estimate) => void,
): number {
  const state: Estimate = {
    x: epochs[0]!.x,
    y: epochs[0]!.y,
    vx: 0,
    vy: 0,
    positionVariance: variance,
    covariance: 0,
    velocityVariance: pace ** 2,
  }
  let misfit = 0
  for (let i = 0; i < epochs.length; i++) {
    const epoch = epochs[i]!
    if (i > 0) predict(state, epoch.seconds - epochs[i - 1]!.seconds, agility)
    const predicted = visit && { ...state }
    if (epoch.measured) {
      const dx = epoch.x - state.x
      const dy = epoch.y - state.y
      const squared = dx * dx + dy * dy
      let spread = state.positionVariance + variance
      const surprise = squared / spread
      // Two points are needed before there is a velocity to be surprised by.
      if (i > 1) {
        misfit += Math.log(spread) + Math.min(surprise, gate) / 2
        if (surprise > gate) {
          misfit += 4 * Math.log(surprise / gate)
          spread = squared / gate
        }
      }
      update(state, dx, dy, spread)
    }
    if (visit) visit(predicted!, { ...state })
  }
  return misfit
}

function predict(state: Estimate, seconds: number, agility: number): void {
  state.x += state.vx * seconds
  state.y += state.vy * seconds
  state.positionVariance +=
    seconds * (2 * state.covariance + seconds * (state.velocityVariance + (agility * seconds) / 3))
  state.covariance += seconds * (state.velocityVariance + (agility * seconds) / 2)
  state.velocityVariance += agility * seconds
}

function update(state: Estimate, dx: number, dy: number, spread: number): void {
  const positionGain = state.positionVariance / spread
  const velocityGain = state.covariance / spread
  state.x += positionGain * dx
  state.y += positionGain * dy
  state.vx += velocityGain * dx
  state.vy += velocityGain * dy
  state.velocityVariance -= velocityGain * state.covariance
  state.covariance *= 1 - positionGain
  state.positionVariance *= 1 - positionGain
}

/** What all points together say of each epoch (Rauch, Tung, Striebel 1965). */
export function smoothed(epochs: readonly Epoch[], motion: Motion): Estimate[] {
  const predicted: Estimate[] = []
  const estimates: Estimate[] = []
  filter(epochs, motion, (before, after) => {
    predicted.push(before)
    estimates.push(after)
  })
  for (let i = epochs.length - 2; i >= 0; i--)
    lookBack(estimates[i]!, estimates[i + 1]!, predicted[i + 1]!, epochs[i + 1]!.seconds - epochs[i]!.seconds)
  return estimates
}

/** Corrects a filtered estimate by what is known of the next epoch. */
function lookBack(estimate: Estimate, next: Estimate, expected: Estimate, seconds: number): void {
  const { positionVariance: p, covariance: c, velocityVariance: v } = estimate
  const determinant = expected.positionVariance * expected.velocityVariance - expected.covariance ** 2
  const gain = (position: number, velocity: number): [number, number] => [
    (position * expected.velocityVariance - velocity * expected.covariance) / determinant,
    (velocity * expected.positionVariance - position * expected.covariance) / determinant,
  ]
  const [pp, pv] = gain(p + c * seconds, c)
  const [vp, vv] = gain(c + v * seconds, v)
  const dx = next.x - expected.x
  const dy = next.y - expected.y
  const dvx = next.vx - expected.vx
  const dvy = next.vy - expected.vy
  estimate.x += pp * dx + pv * dvx
  estimate.y += pp * dy + pv * dvy
  estimate.vx += vp * dx + vv * dvx
  estimate.vy += vp * dy + vv * dvy
  const dp = next.positionVariance - expected.positionVariance
  const dc = next.covariance - expected.covariance
  const dv = next.velocityVariance - expected.velocityVariance
  estimate.positionVariance = p + pp * (pp * dp + pv * dc) + pv * (pp * dc + pv * dv)
  estimate.covariance = c + vp * (pp * dp + pv * dc) + vv * (pp * dc + pv * dv)
  estimate.velocityVariance = v + vp * (vp * dp + vv * dc) + vv * (vp * dc + vv * dv)
}
