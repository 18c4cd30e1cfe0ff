import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Starts the process of an isolated proxy: this Node.js with our own main file, an IPC channel and nothing
 * else of this process. No option of this Node.js goes along, so no inspector, no preloaded module; no
 * variable but where its owner keeps more authorities to trust (a path); no files but the channel; no core
 * dump; a session of its own, so that a terminal's signals do not reach it.
 */
export function launchChild(): ChildProcess {
  const main = fileURLToPath(new URL('./isolated-main-listen.js', import.meta.url))
  const node = [process.execPath, ...nodeOptions(), main]
  const isWindows = process.platform === 'win32'
  // Node.js cannot set limits of resources; the shell that does becomes Node.js itself.
  const shell = ['/bin/sh', '-c', 'ulimit -c 0 && exec "$0" "$@"']
  const [program = '', ...argv] = isWindows ? node : [...shell, ...node]
  return spawn(program, argv, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
    cwd: isWindows ? undefined : '/',
    detached: true,
    windowsHide: true,
    env: environment(),
  })
}

function nodeOptions(): readonly string[] {
  const flag = '--disable-sigusr1'
  // Newer releases can do without the signal that opens an inspector; elsewhere the main file takes it.
  const has = process.allowedNodeEnvironmentFlags.has(flag)
  return ['--disallow-code-generation-from-strings', ...(has ? [flag] : [])]
}

function environment(): NodeJS.ProcessEnv {
  const kept = process.platform === 'win32' ? ['SystemRoot'] : []
  const names = ['NODE_EXTRA_CA_CERTS', ...kept]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
