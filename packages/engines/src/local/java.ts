import { join } from 'node:path'
import type { EngineName } from '../engine.ts'
import { runCommand } from './command.ts'
import type { SystemPackage } from './system-packages.ts'

const MIN_JAVA_VERSION = 17

/** Where a tool of the JDK is: in `JAVA_HOME` when set, else on the PATH. */
export const javaTool = (javaHome: string | undefined, tool: 'java' | 'javac'): string =>
  javaHome === undefined ? tool : join(javaHome, 'bin', tool)

/** What is missing to run an engine that is written in Java and, before it is installed, to fetch and compile it. */
export async function missingJava(
  javaHome: string | undefined,
  engine: EngineName,
  installed: boolean,
): Promise<SystemPackage[]> {
  const [jdk, maven] = await Promise.all([
    runCommand(javaTool(javaHome, installed ? 'java' : 'javac'), ['-version']),
    installed || runCommand('mvn', ['--version']).then(({ ok }) => ok),
  ])
  const version = Number(/(?:javac |version ")(\d+)/.exec(jdk.output)?.[1] ?? 0)
  const missing: SystemPackage[] = []
  if (!jdk.ok || version < MIN_JAVA_VERSION)
    missing.push({
      software: `a JDK, ${MIN_JAVA_VERSION} or newer`,
      apt: ['openjdk-17-jdk-headless', 'openjdk-21-jdk-headless', 'openjdk-25-jdk-headless'],
      brew: 'openjdk',
      engine,
    })
  if (!maven) missing.push({ software: 'Apache Maven', apt: ['maven'], brew: 'maven', engine })
  return missing
}

/** A small, quiet JVM: it gives memory back, and leaves no files in the temporary directory. */
export const javaFlags = (maxHeapMiB: number): string[] => [
  `-Xmx${maxHeapMiB}m`,
  '-XX:+UseSerialGC',
  '-XX:MinHeapFreeRatio=10',
  '-XX:MaxHeapFreeRatio=30',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
]
