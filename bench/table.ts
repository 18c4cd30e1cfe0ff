/** What a figure should reach. */
export interface Goal {
  readonly kind: 'at-most' | 'at-least'
  readonly bound: number
}

/** One line of the result. */
export interface Row {
  readonly figure: string
  /** Ours, with its unit, for people. */
  readonly ours: string
  /** What it is compared with, with its unit; `–` when the goal is absolute. */
  readonly floor: string
  /** Ours divided by the floor, or the absolute figure. */
  readonly value: number
  /** The unit of `value` and of the goal: `×`, ` MiB`. */
  readonly unit: string
  /** `null`: told for comparison only. */
  readonly goal: Goal | null
  /** The peer's median, and how many times ours that is; or why there is none. */
  readonly peer: string
  /** Number of samples behind each median. */
  readonly samples: number
}

/** Whether a row reached its goal. */
export function isMet(row: Row): boolean {
  if (row.goal === null) return true
  return row.goal.kind === 'at-most' ? row.value <= row.goal.bound : row.value >= row.goal.bound
}

/** A number with three significant digits, without an exponent. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toString()
  return Number(value.toPrecision(3)).toString()
}

function goalCells({ goal, unit }: Row, met: boolean): [string, string] {
  if (goal === null) return ['–', '–']
  const sign = goal.kind === 'at-most' ? '≤' : '≥'
  return [`${sign} ${goal.bound}${unit}`, met ? 'yes' : '**no**']
}

function line(row: Row): string {
  const value = `${figure(row.value)}${row.unit}`
  const goal = goalCells(row, isMet(row))
  return `| ${[row.figure, row.ours, row.floor, value, ...goal, row.peer, row.samples].join(' | ')} |`
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const head = '| figure | ours | floor | ratio | goal | met | peer | n |'
  return [head, '|---|---|---|---|---|---|---|---|', ...rows.map(line), ''].join('\n')
}
