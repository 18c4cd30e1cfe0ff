import { normalize } from 'node:path/posix'
import type { Denial } from '../denial.ts'
import type { SandboxPlan } from '../plan/types.ts'
import { isAbout } from './egress-denial.ts'
import { type ErrorReport, readReport } from './error-report.ts'
import { judgePath } from './judge-path.ts'
import { readNetworkReport } from './network-report.ts'

/** What a command left behind to judge by. */
export interface DenialEvidence {
  readonly stdout: string
  readonly stderr: string
  /** `null` when a signal ended it. */
  readonly exitCode: number | null
  /** Where it started, absolute. */
  readonly cwd: string
  /** Whether a path exists on the host. Asked for few paths, and only for such as are outside the policy. */
  readonly hostExists: (path: string) => Promise<boolean>
  /** Refusals that were told already: what the way out said about a host is not deduced again. */
  readonly told?: readonly Denial[] | undefined
}

const mostDenials = 32
const mostHostQuestions = 64
/** The end of the output is where a command says why it failed. */
const readTail = 256 * 1024

function absolute(cwd: string, candidate: string): string | undefined {
  if (candidate.length > 4096 || candidate.includes('\n')) return undefined
  const path = normalize(candidate.startsWith('/') ? candidate : `${cwd}/${candidate}`)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** A failed command may report on stdout (test runners do); one that succeeded is believed on stderr only. */
function linesOf(evidence: DenialEvidence): string[] {
  const texts = evidence.exitCode === 0 ? [evidence.stderr] : [evidence.stderr, evidence.stdout]
  return [...new Set(texts.flatMap((text) => text.slice(-readTail).split(/\r?\n/)))]
}

/** Decides about reports one by one, within bounds. */
class Inference {
  readonly #plan: SandboxPlan
  readonly #evidence: DenialEvidence
  readonly #found = new Map<string, Denial>()
  #questions = 0

  constructor(plan: SandboxPlan, evidence: DenialEvidence) {
    this.#plan = plan
    this.#evidence = evidence
  }

  get denials(): Denial[] {
    return [...this.#found.values()].slice(0, mostDenials)
  }

  get isFull(): boolean {
    return this.#found.size >= mostDenials || this.#questions >= mostHostQuestions
  }

  add(denial: Denial): void {
    this.#found.set(`${denial.kind} ${denial.target}`, denial)
  }

  /** The first candidate that the policy explains is taken for the path. */
  async judge(report: ErrorReport): Promise<void> {
    for (const candidate of report.candidates) {
      const path = absolute(this.#evidence.cwd, candidate)
      const verdict = path === undefined ? undefined : judgePath(this.#plan, { ...report, path })
      if (verdict !== undefined && (await this.#holds(verdict.ifHostHas))) {
        this.add(verdict.denial)
        return
      }
    }
  }

  async #holds(hostPath: string | null): Promise<boolean> {
    if (hostPath === null) return true
    // The root exists everywhere and says nothing.
    if (hostPath === '/' || this.#questions >= mostHostQuestions) return false
    this.#questions += 1
    return this.#evidence.hostExists(hostPath)
  }
}

/**
 * Deduces what the policy refused a command, from what the command reported and what the plan knows.
 * Nothing is invented: a file that is missing on the host as well, and a refusal that the command
 * brought about itself (a mode it set, in a place it may write to), are not told.
 */
export async function inferDenials(
  plan: SandboxPlan,
  evidence: DenialEvidence,
): Promise<readonly Denial[]> {
  const inference = new Inference(plan, evidence)
  for (const line of linesOf(evidence)) {
    if (inference.isFull) break
    const report = readReport(line)
    if (report !== undefined) await inference.judge(report)
    const network = readNetworkReport(line, plan.network)
    if (network === undefined) continue
    const isTold = evidence.told?.some((denial) => isAbout(denial, network.target)) ?? false
    if (!isTold) inference.add(network)
  }
  return inference.denials
}
