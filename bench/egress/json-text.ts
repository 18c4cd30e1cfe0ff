/** JSON of about so many bytes, as a chat would send it; empty for 0. */
export function jsonOf(bytes: number): Buffer {
  if (bytes === 0) return Buffer.alloc(0)
  const messages: object[] = []
  const whole = { model: 'bench', max_tokens: 1024, temperature: 0.7, stream: true, messages }
  let length = JSON.stringify(whole).length
  for (let turn = 0; length < bytes; turn += 1) {
    const text = `Line ${turn}: "what is said"\nand what is answered to it.`
    const role = turn % 2 === 0 ? 'user' : 'assistant'
    const message = { role, content: [{ type: 'text', text }] }
    messages.push(message)
    length += JSON.stringify(message).length + 1
  }
  return Buffer.from(JSON.stringify(whole))
}
