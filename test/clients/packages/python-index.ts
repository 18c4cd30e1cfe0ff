import type { Answer, Site } from './origin.ts'
import type { Wheel } from './wheel.ts'

/** An index for pip (the simple repository API, PEP 503), with one version of each package. */
export function pythonIndex(wheels: Readonly<Record<string, Wheel>>): Site {
  const answers = new Map<string, Answer>()
  for (const [name, { fileName, content, sha256 }] of Object.entries(wheels)) {
    const link = `<a href="/files/${fileName}#sha256=${sha256}">${fileName}</a>`
    const page = `<!DOCTYPE html><html><body>${link}</body></html>`
    answers.set(`GET /simple/${name}/`, { type: 'text/html', body: page })
    answers.set(`GET /files/${fileName}`, { body: content })
  }
  return ({ method, target }) => answers.get(`${method} ${target}`) ?? null
}
