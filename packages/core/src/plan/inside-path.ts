/** Splits an absolute path into its components; `/` has none. */
export function components(path: string): readonly string[] {
  return path.split('/').filter((one) => one !== '')
}

/** Whether `path` is `ancestor` or lies below it. Both absolute and in canonical form. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`)
}

/** The components that lead from `ancestor` to `path`; empty when they are the same. */
export function below(path: string, ancestor: string): readonly string[] {
  return components(path).slice(components(ancestor).length)
}

/** Joins components to a path. */
export function join(path: string, names: readonly string[]): string {
  if (names.length === 0) return path
  return `${path === '/' ? '' : path}/${names.join('/')}`
}
