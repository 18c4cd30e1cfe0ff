/** Sets a variable of this process; returns what takes it away again. */
export function plantVariable(name: string, value: string): () => void {
  process.env[name] = value
  return () => {
    delete process.env[name]
  }
}
