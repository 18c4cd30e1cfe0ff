/** One line of the result. */
export interface Row {
  readonly figure: string
  /** Ours, with its unit, for people. */
  readonly ours: string
  /** What it is compared with, with its unit; `–` when the goal is absolute. */
  readonly floor: string
  /** Ours divided by the floor, or the absolute figure, in the goal's unit. */
  readonly value: number
  readonly goal: {
    readonly kind: 'at-most' | 'at-least'
    readonly bound: number
    readonly unit: string
  }
  /** The peer's median divided by ours, or why there is none. */
  readonly peer: string
  /** Number of samples behind each median. */
  readonly samples: number
}

/** Whether a row reached its goal. */
export function isMet(row: Row): boolean {
  return row.goal.kind === 'at-most' ? row.value <= row.goal.bound : row.value >= row.goal.bound
}

/** A number with three significant digits, without an exponent. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toString()
  return Number(value.toPrecision(3)).toString()
}

function line(row: Row): string {
  const sign = row.goal.kind === 'at-most' ? '≤' : '≥'
  const goal = `${sign} ${row.goal.bound}${row.goal.unit}`
  const value = `${figure(row.value)}${row.goal.unit}`
  const cells = [row.figure, row.ours, row.floor, value, goal, isMet(row) ? 'yes' : '**no**']
  return `| ${[...cells, row.peer, row.samples].join(' | ')} |`
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const head = '| figure | ours | floor | ratio | goal | met | peer | n |'
  return [head, '|---|---|---|---|---|---|---|---|', ...rows.map(line), ''].join('\n')
}
