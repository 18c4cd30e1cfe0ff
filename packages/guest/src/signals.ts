// Linux numbers (signal(7), x86-64 and arm64), not the host's: init is Linux wherever the host runs.
const numbers: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGILL', 4],
  ['SIGTRAP', 5],
  ['SIGABRT', 6],
  ['SIGBUS', 7],
  ['SIGFPE', 8],
  ['SIGKILL', 9],
  ['SIGUSR1', 10],
  ['SIGSEGV', 11],
  ['SIGUSR2', 12],
  ['SIGPIPE', 13],
  ['SIGALRM', 14],
  ['SIGTERM', 15],
  ['SIGSTKFLT', 16],
  ['SIGCHLD', 17],
  ['SIGCONT', 18],
  ['SIGSTOP', 19],
  ['SIGTSTP', 20],
  ['SIGTTIN', 21],
  ['SIGTTOU', 22],
  ['SIGURG', 23],
  ['SIGXCPU', 24],
  ['SIGXFSZ', 25],
  ['SIGVTALRM', 26],
  ['SIGPROF', 27],
  ['SIGWINCH', 28],
  ['SIGIO', 29],
  ['SIGPWR', 30],
  ['SIGSYS', 31],
])
const names: ReadonlyMap<number, string> = new Map(
  [...numbers].map(([name, number]) => [number, name]),
)

/** The largest signal number of Linux. */
export const lastSignal = 64

/** The number of a name such as `SIGTERM`; a name that Linux does not know is a `TypeError`. */
export function signalNumber(name: string): number {
  const number = numbers.get(name) ?? realTimeNumber(name)
  if (number === undefined)
    throw new TypeError(`'${name}' is not a signal of Linux, such as SIGTERM`)
  return number
}

/** `SIGTERM` for 15; `SIG40` for a real-time signal. */
export function signalName(number: number): string {
  return names.get(number) ?? `SIG${number}`
}

function realTimeNumber(name: string): number | undefined {
  const number = Number(/^SIG(\d{2})$/.exec(name)?.[1])
  return number >= 32 && number <= lastSignal ? number : undefined
}
