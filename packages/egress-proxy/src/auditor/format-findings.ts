import type { PolicyFinding } from '@caisson/core'

/** C0, DEL and C1 controls, and marks that turn the direction of writing: a terminal would act on them. */
function isUnsafe(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true
  return (
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  )
}

/** Made to be printed: texts of a policy can hold anything. */
function shown(text: string): string {
  let safe = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    safe += isUnsafe(code) ? `\\u${code.toString(16).padStart(4, '0')}` : character
  }
  return safe
}

function proposal({ edit }: PolicyFinding): readonly string[] {
  if (edit === undefined) return []
  if (edit.value === null) return [`  edit: take ${shown(edit.clause)} away`]
  const lines = JSON.stringify(edit.value, null, 2).split('\n').map(shown)
  return [`  edit: ${shown(edit.clause)} =`, ...lines.map((line) => `    ${line}`)]
}

function paragraph(finding: PolicyFinding): string {
  const { severity, id, clause, title, how, remedy, tags } = finding
  return [
    `${severity.toUpperCase()} ${id} at ${shown(clause)}`,
    `  ${shown(title)}`,
    `  how: ${shown(how)}`,
    `  do: ${shown(remedy)}`,
    ...proposal(finding),
    ...(tags.length === 0 ? [] : [`  tags: ${tags.join(', ')}`]),
  ].join('\n')
}

/** Findings for a terminal, in the order given, each with its edit as JSON. Ends with a line feed. */
export function formatFindings(findings: readonly PolicyFinding[]): string {
  if (findings.length === 0) return 'nothing found\n'
  return `${findings.map(paragraph).join('\n\n')}\n`
}
