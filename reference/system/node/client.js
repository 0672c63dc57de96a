// node-coap as a device: `node client.js JSON`, with path, query, con (default true), basic, format, payload or
// bytes (that many of a pattern), block (SZX of an upload in blocks). Prints {code, command, payload, bytes} of
// the answer and {sent}, the SHA-256 of what was published, or {error}. NODE_PATH names the folder of the package `coap`.
'use strict'
const { createHash } = require('crypto')
const coap = require('coap')

const wanted = JSON.parse(process.argv[2])
const payload = wanted.bytes === undefined
  ? Buffer.from(wanted.payload || '')
  : Buffer.from(Array.from({ length: wanted.bytes }, (_, i) => 'abcdefghijklmnopqrstuvwxyz'.charCodeAt(i % 26)))
const request = coap.request({
  hostname: '127.0.0.1',
  method: 'POST',
  pathname: wanted.path,
  query: wanted.query,
  confirmable: wanted.con !== false
})
if (wanted.basic != null) request.setOption('4209', Buffer.from(wanted.basic))
if (wanted.format !== undefined) request.setOption('Content-Format', wanted.format)
if (wanted.block !== undefined) request.setOption('Block1', Buffer.from([wanted.block]))

function finish (said) {
  console.log(JSON.stringify(said))
  process.exit(0)
}

request.on('error', (error) => finish({ error: error.message }))
request.on('response', (answer) => {
  const command = answer.options.find((option) => Number(option.name) === 4210)
  finish({
    code: answer.code,
    command: command === undefined ? null : command.value.toString(),
    payload: answer.payload.length > 100 ? null : answer.payload.toString(),
    bytes: answer.payload.length,
    sent: createHash('sha256').update(payload).digest('hex')
  })
})
request.end(payload)
