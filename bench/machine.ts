import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

/** The machine in a few lines, for whoever reads the figures later. */
export function machine(): string[] {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  const bwrap = execFileSync('bwrap', ['--version'], { encoding: 'utf8' }).trim()
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${memory} GiB`,
    `Linux ${release()}, Node ${process.version}, ${bwrap}`,
    process.getuid?.() === 0 ? 'run as root' : 'run as an ordinary user',
  ]
}
