import type { GitHubAppSource } from '@caisson/core'
import { type JsonObject, objectMember, textMember } from './strict-json.ts'

const levels: readonly string[] = ['none', 'read', 'write', 'admin']
/** Every installation token can read names and descriptions; GitHub adds it. */
const alwaysGiven = 'metadata'

/**
 * What an installation token can do beyond what was asked for: "more permissions", "more repositories";
 * `null` when nothing. A service that passes over a restriction, as an old one does over what it does not
 * know, would otherwise hand out the rights of the whole installation.
 */
export function excessGranted(
  answer: JsonObject,
  { permissions, repositories }: Pick<GitHubAppSource, 'permissions' | 'repositories'>,
): string | null {
  if (permissions !== undefined && hasMorePermissions(answer, permissions))
    return 'more permissions'
  if (repositories !== undefined && hasMoreRepositories(answer, repositories)) {
    return 'more repositories'
  }
  return null
}

function hasMorePermissions(answer: JsonObject, asked: Readonly<Record<string, string>>): boolean {
  const granted = objectMember(answer, 'permissions')
  if (granted === null) return true
  return Object.entries(granted).some(([name, level]) => {
    const usual = name === alwaysGiven ? 'read' : 'none'
    const most = Object.hasOwn(asked, name) ? asked[name] : usual
    const given = levels.indexOf(String(level))
    return given < 0 || given > Math.max(levels.indexOf(most ?? ''), levels.indexOf(usual))
  })
}

function hasMoreRepositories(answer: JsonObject, asked: readonly string[]): boolean {
  if (textMember(answer, 'repository_selection', 32) !== 'selected') return true
  const granted: unknown = answer['repositories']
  if (!Array.isArray(granted)) return true
  const names = new Set(asked.map((name) => name.toLowerCase()))
  return granted.some((repository: unknown) => {
    const name = nameOf(repository)
    return name === null || !names.has(name.toLowerCase())
  })
}

function nameOf(repository: unknown): string | null {
  if (typeof repository !== 'object' || repository === null || !('name' in repository)) return null
  return typeof repository.name === 'string' ? repository.name : null
}
