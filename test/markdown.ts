/** A fenced block: ```` ```ts examples/a.ts#region ````. */
export interface Fence {
  readonly language: string
  /** What stands after the language; empty when nothing does. */
  readonly tag: string
  readonly text: string
}

/** Every fenced block of a page, in order. */
export function fences(markdown: string): Fence[] {
  const pattern = /^```(\w*)[ \t]*(\S*)[^\n]*\n([\s\S]*?)^```$/gm
  return [...markdown.matchAll(pattern)].map(([, language = '', tag = '', text = '']) => ({
    language,
    tag,
    text,
  }))
}

/** A named region of a program, without the indentation that all its lines share. */
export function region(source: string, name: string): string | null {
  const lines = source.split('\n')
  const from = lines.findIndex((line) => line.trim() === `// #region ${name}`)
  const to = lines.findIndex((line, index) => index > from && line.trim() === '// #endregion')
  if (from === -1 || to === -1) return null
  const body = lines.slice(from + 1, to)
  const indents = body.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const shared = Math.min(...indents)
  return `${body.map((line) => line.slice(shared)).join('\n')}\n`
}

/** Targets of inline links, code blocks left out. */
export function links(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchors(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/ /g, '-'),
  )
}
