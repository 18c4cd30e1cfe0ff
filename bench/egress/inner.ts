/** Loads an inner part of the proxy, which the package does not export. */
export async function inner<T>(path: string): Promise<T> {
  const home = new URL('.', import.meta.resolve('@caisson/egress-proxy'))
  return (await import(new URL(path, home).href)) as T
}
