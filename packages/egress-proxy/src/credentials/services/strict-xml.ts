/** An element. One with other elements in it has no text that counts. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

const longestAnswer = 65_536
const deepest = 16
const mostElements = 256

interface Open {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

/**
 * Reads the little of XML that AWS answers in: elements, text with the five entities of XML and characters by
 * number, a declaration before and a namespace. No DOCTYPE, so no entities of its own; no comments, CDATA
 * sections, processing instructions, or other attributes: each is a way to be read differently by others.
 * 64 KiB, 16 levels and 256 elements at most; time grows with the length alone.
 *
 * @returns the root, or `null` for anything else
 */
export function readXml(bytes: Uint8Array): XmlElement | null {
  if (bytes.length > longestAnswer) return null
  try {
    return new XmlReader(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    ).read()
  } catch {
    return null
  }
}

/** The one child of this name; `null` when there is none, or another. */
export function childNamed(element: XmlElement, name: string): XmlElement | null {
  const found = element.children.filter((child) => child.name === name)
  return found.length === 1 ? (found[0] ?? null) : null
}

const declaration =
  /^<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?(?: standalone="(?:yes|no)")? ?\?>/
const startTag = /^([A-Za-z_][A-Za-z0-9_]{0,63})(?:\s+xmlns="[^"<&]{0,256}")?\s*(\/?)$/
const endTag = /^\/([A-Za-z_][A-Za-z0-9_]{0,63})\s*$/

/** XML's own blanks, and none of the many that `trim` takes away. */
const blank = /^[ \t\r\n]*$/

class XmlReader {
  readonly #text: string
  readonly #open: Open[] = []
  #elements = 0
  #root: XmlElement | null = null

  constructor(text: string) {
    this.#text = text
  }

  read(): XmlElement | null {
    let at = declaration.exec(this.#text.slice(0, 100))?.[0].length ?? 0
    while (at < this.#text.length) {
      const start = this.#text.indexOf('<', at)
      if (!this.#addText(this.#text.slice(at, start < 0 ? undefined : start))) return null
      if (start < 0) break
      const end = this.#text.indexOf('>', start)
      if (end < 0 || !this.#addTag(this.#text.slice(start + 1, end))) return null
      at = end + 1
    }
    return this.#open.length === 0 ? this.#root : null
  }

  /** Outside of the root there may be blanks only. */
  #addText(raw: string): boolean {
    const text = unescaped(raw)
    const top = this.#open.at(-1)
    if (text === null) return false
    if (top === undefined) return blank.test(text)
    top.text += text
    return true
  }

  #addTag(tag: string): boolean {
    const ended = endTag.exec(tag)
    if (ended !== null) return this.#close(ended[1] ?? '')
    const started = startTag.exec(tag)
    this.#elements += 1
    if (started === null || this.#root !== null || this.#elements > mostElements) return false
    const name = started[1] ?? ''
    if (this.#open.push({ name, children: [], text: '' }) > deepest) return false
    return started[2] === '/' ? this.#close(name) : true
  }

  #close(name: string): boolean {
    const element = this.#open.pop()
    if (element?.name !== name) return false
    // Between elements stand blanks, or it is text that nobody knows what to do with.
    if (element.children.length > 0 && !blank.test(element.text)) return false
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
    return true
  }
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** `null` for an entity that is none of XML's own, and for what may not stand in XML at all. */
function unescaped(raw: string): string | null {
  if (hasControl(raw) || raw.includes(']]>')) return null
  if (!raw.includes('&')) return raw
  let odd = false
  // What is behind the mark is short, so that a text of marks alone costs no more than others.
  const text = raw.replace(/&([^&;]{0,12};)?/g, (_all, name: string | undefined) => {
    const meant = name === undefined ? null : meaning(name.slice(0, -1))
    odd ||= meant === null
    return meant ?? ''
  })
  return odd ? null : text
}

function meaning(name: string): string | null {
  const known = entities.get(name)
  if (known !== undefined) return known
  const digits = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name)
  if (digits === null) return null
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  const isText = code >= 0x20 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff)
  return isText && code !== 0x7f ? String.fromCodePoint(code) : null
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return true
  }
  return false
}
