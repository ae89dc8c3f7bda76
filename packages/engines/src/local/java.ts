import { join } from 'node:path'
import { urlVariable } from '../config.ts'
import type { EngineName } from '../engine.ts'
import { runCommand } from './command.ts'
import type { SystemPackage } from './system-packages.ts'

const MIN_JAVA_VERSION = 17

/** Where a tool of the JDK is: in `JAVA_HOME` when set, else on the PATH. */
export const javaTool = (javaHome: string | undefined, tool: 'java' | 'javac'): string =>
  javaHome === undefined ? tool : join(javaHome, 'bin', tool)

/** What is missing to download and run an engine that is written in Java. */
export async function missingJava(
  javaHome: string | undefined,
  engine: EngineName,
): Promise<SystemPackage[]> {
  const [javac, maven] = await Promise.all([
    runCommand(javaTool(javaHome, 'javac'), ['-version']),
    runCommand('mvn', ['--version']),
  ])
  const version = Number(/^javac (\d+)/m.exec(javac.output)?.[1] ?? 0)
  const variable = urlVariable(engine)
  return [
    ...(javac.ok && version >= MIN_JAVA_VERSION
      ? []
      : [
          {
            software: `a JDK, ${MIN_JAVA_VERSION} or newer`,
            apt: ['openjdk-17-jdk-headless', 'openjdk-21-jdk-headless', 'openjdk-25-jdk-headless'] as const,
            brew: 'openjdk',
            variable,
          },
        ]),
    ...(maven.ok ? [] : [{ software: 'Apache Maven', apt: ['maven'] as const, brew: 'maven', variable }]),
  ]
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
