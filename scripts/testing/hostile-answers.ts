import type { ServerResponse } from 'node:http'
import { type Handler, sends } from './scripted-registry.ts'

/** Answers of servers that are broken, slow, or mean harm. */
const repeat = (response: ServerResponse, bytes: string, every: number) => {
  const timer = setInterval(() => response.write(bytes), every)
  response.on('close', () => clearInterval(timer))
}
export const endless: Handler = (_, response) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(1 << 16, ' ')));
  }
  response.writeHead(200)
  response.on('drain', more)
  more()
}
export const silent: Handler = () => {}
export const stalls: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{')
}
export const drips: Handler = (_, response) => {
  response.writeHead(200)
  repeat(response, ' ', 10)
}
export const breaks: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': 100_000 }).write('{"schemaVersion":2')
  setTimeout(() => response.destroy(), 10)
}
export const closes: Handler = (_, response) => response.destroy()
export const raw =
  (text: string): Handler =>
  (_, response) => {
    response.socket!.end(text)
  }
export const redirect = (location: string): Handler => sends(302, '', { location })
export const dripsHeaders: Handler = (_, { socket }) => {
  socket!.write('HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => socket!.write('X-A: b\r\n'), 10)
  socket!.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer))
}
export const challenge = (header: string): Handler => sends(401, '', { 'www-authenticate': header })
