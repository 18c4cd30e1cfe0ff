import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryReads, repositoryWrites } from '../../dist/services/github-paths.js'
import { profileNamed } from '../../dist/identity/profiles.js'
import { folderOf } from './declarations.js'

type Operation = readonly [method: string, path: string]

/** Every operation of the REST API, with `{…}` for what is filled in. */
function operations(): readonly Operation[] {
  const file = join(folderOf('@octokit/openapi-types/types.d.ts'), 'types.d.ts')
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf('export interface paths {')
  const lines = text.slice(from, text.indexOf('\n}', from)).split('\n')
  let path = ''
  return lines.flatMap((line): readonly Operation[] => {
    path = /^ {2}"(\/[^"]*)": \{/.exec(line)?.[1] ?? path
    const method = /^ {4}(get|put|post|delete|patch)\??: operations/.exec(line)?.[1]
    return method === undefined ? [] : [[method.toUpperCase(), path]]
  })
}

const repository = '/repos/{owner}/{repo}'
const all = operations()
const ofRepository = all.filter(
  ([, path]) => path === repository || path.startsWith(`${repository}/`),
)

function fits(template: string, path: string): boolean {
  // Octokit sends a name with slashes as one segment; here it is one anyhow.
  const plain = template.replace(/(?:%2F\*)+(?:\/\*\*)?/, '')
  const [wanted, given] = [plain.split('/'), path.split('/')]
  const isOpen = wanted.at(-1) === '**'
  const fixed = isOpen ? wanted.slice(0, -1) : wanted
  if (isOpen ? given.length < fixed.length : given.length !== fixed.length) return false
  return fixed.every((part, at) => part === '*' || part === given[at])
}

/** What is a way out or a change of the repository's own, but no way in; no rule of services names it. */
const words =
  /token|key|hook|invitation|collaborator|secret|variable|runner|codespace|transfer|dispatches|environment|credential|authoriz|jitconfig|oidc|member|permission|protection|ruleset|private-reg|approve|pending_deployments|role|installation|app-manifests|applications/
const noWayIn: readonly RegExp[] = [
  /^DELETE \/credentials\//,
  /^POST \/credentials\/revoke$/,
  /secret-scanning/,
  /public_members/,
  /^DELETE \/orgs\/[^/]+\/members\/[^/]+$/,
  /immutable-releases|code-security|copilot|dependabot\/alerts|projectsV2|issue/,
  /\/attestations|\/artifacts\/|\/cache|network-config|budget|\/properties\//,
  /\/code-scanning|\/code-quality|interaction-limits|\/blocks\//,
]

describe('services.github, held against the operations of the vendor’s interface', () => {
  it('knows them', () => {
    expect(all.length).to.be.greaterThan(1000)
  })

  for (const [methods, paths] of [...repositoryReads, ...repositoryWrites]) {
    for (const path of paths) {
      const [method = ''] = methods
      it(`names an operation that there is: ${method} ${path}`, () => {
        const found = ofRepository.some(
          ([verb, known]) => verb === method && fits(path, known.slice(repository.length)),
        )
        expect(found).to.equal(true)
      })
    }
  }

  it('reads nothing of keys, hooks, secrets and people’s rights', () => {
    const reads = repositoryReads.flatMap(([, paths]) => paths)
    const read = ofRepository.filter(
      ([method, path]) =>
        method === 'GET' && reads.some((one) => fits(one, path.slice(repository.length))),
    )
    expect(read.length).to.be.greaterThan(60)
    const bad =
      /\/(?:keys|hooks|secrets|variables|collaborators|invitations|runners|environments|traffic|logs|protection)(?:\/|$)/
    expect(read.filter(([, path]) => bad.test(path))).to.deep.equal([])
  })

  it('writes nothing that makes credentials or lets somebody in', () => {
    const minting = profileNamed('github')?.minting
    for (const [methods, paths] of repositoryWrites) {
      for (const method of methods) {
        for (const path of paths) {
          const filled = `/repos/acme/shop${path.replaceAll('**', 'x').replaceAll('*', 'x')}`
          expect(minting?.has(method, filled), `${method} ${filled}`).to.equal(false)
        }
      }
    }
  })

  it('knows what makes credentials or lets somebody in, as refused or as harmless', () => {
    const minting = profileNamed('github')?.minting
    const unknown = all
      .filter(([method, path]) => method !== 'GET' && words.test(path))
      .map(([method, path]): Operation => [method, path.replaceAll(/\{[^}]*\}/g, 'x')])
      .filter(([method, path]) => minting?.has(method, path) !== true)
      .map(([method, path]) => `${method} ${path}`)
      .filter((one) => !noWayIn.some((known) => known.test(one)))
    expect(unknown, 'to be judged').to.deep.equal([])
  })
})
