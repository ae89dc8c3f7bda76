import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ROOT, TOOLS } from './places.mjs'

const PARENT_CHECK_MS = 1_000

/** npm passes on a Ctrl-C that the terminal has sent us already. */
const SAME_SIGNAL_MS = 500

/** Runs a command to its end and keeps what it prints; prints it as well, unless `quiet`. */
export function capture(command, args, { quiet = false } = {}) {
  return new Promise(resolve => {
    const chunks = []
    const child = spawn(command, args, { cwd: ROOT, env: TOOLS, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])
      stream.on('data', chunk => {
        chunks.push(chunk)
        if (!quiet) target.write(chunk)
      })
    child.once('error', error => resolve({ code: 127, output: error.message }))
    child.once('close', code => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })
}

/**
 * Runs a program in our place: it has the terminal's output, and gets every signal exactly once. It runs in a
 * session of its own, because the terminal would send Ctrl-C to it as well as to us. When npm is killed above us,
 * the program is told to end.
 *
 * @param timeoutMs after which it is told to end, and a little later is ended.
 * @returns its exit code, as a shell would give it.
 */
export function handOver(command, args, { timeoutMs } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: TOOLS,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    })
    const timers = timeoutMs ? [later(timeoutMs, 'SIGTERM'), later(timeoutMs + 30_000, 'SIGKILL')] : []
    const handlers = [
      ...['SIGINT', 'SIGTERM'].map(signal => [signal, once(() => child.kill(signal))]),
      ['SIGHUP', once(() => child.kill('SIGTERM'))],
      ['SIGWINCH', () => child.kill('SIGWINCH')],
    ]
    for (const [signal, handler] of handlers) process.on(signal, handler)
    const parent = process.ppid
    const parentCheck = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(parentCheck)
      child.kill('SIGTERM')
    }, PARENT_CHECK_MS)
    const settle = code => {
      clearInterval(parentCheck)
      timers.forEach(clearTimeout)
      for (const [signal, handler] of handlers) process.off(signal, handler)
      resolve(code)
    }
    child.once('error', error => {
      console.error(error.message)
      settle(127)
    })
    child.once('exit', (code, signal) => {
      endGroup(child.pid)
      settle(code ?? 128 + constants.signals[signal])
    })

    function later(ms, signal) {
      return setTimeout(() => {
        console.error(`${command} takes longer than ${Math.round(timeoutMs / 60_000)} min: ${signal}`)
        child.kill(signal)
      }, ms)
    }
  })
}

/** What the program started and did not end, after a crash of its own. */
function endGroup(leader) {
  try {
    process.kill(-leader, 'SIGTERM')
  } catch {
    // Nobody is left, as it should be.
  }
}

function once(act) {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - last < SAME_SIGNAL_MS) return
    last = performance.now()
    act()
  }
}
