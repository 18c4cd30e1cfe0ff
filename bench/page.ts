import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { machine } from './machine.ts'

/** A part of the page of results, written by one run. */
export type Part = 'sandboxes' | 'way-out'

const titles: Readonly<Record<Part, string>> = {
  sandboxes: '## Sandboxes',
  'way-out': '## The way out',
}

/** The text of a part, from its title to the next one's. */
function partOf(page: string, title: string): string {
  const from = page.indexOf(`${title}\n`)
  if (from === -1) return ''
  const next = page.indexOf('\n## ', from + title.length)
  return page.slice(from, next === -1 ? undefined : next).trimEnd()
}

/** Puts a part into RESULTS.md, with the date and the machine of its run; leaves the others as they are. */
export function writePart(part: Part, text: string): void {
  const target = fileURLToPath(new URL('../RESULTS.md', import.meta.url))
  const before = readFileSync(target, 'utf8')
  const written = [
    titles[part],
    '',
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...machine().map((line) => `- ${line}`),
    '',
    text,
  ].join('\n')
  const parts = (['sandboxes', 'way-out'] as const).map((each) =>
    each === part ? written.trimEnd() : partOf(before, titles[each]),
  )
  writeFileSync(target, `${['# Results', ...parts].filter((each) => each !== '').join('\n\n')}\n`)
}
