// What bench_coap_load does, by npm's `coap` (node-coap): `node node_load.js PORT PEERS WINDOW SECONDS`. Each device is
// an agent with a socket of its own. It begins to measure when the compiler has warmed up. Prints one line of JSON.
// NODE_PATH names the folder of the package.
'use strict'
const dgram = require('dgram')
const coap = require('coap')

const WARM = 20000 // publishes
const WARM_MS = 10000 // at most
const [port, peers, window, seconds] = process.argv.slice(2).map(Number)
const credential = Buffer.from('Basic ' + Buffer.from('device1@example-app:hey-rodney').toString('base64'))
const payload = Buffer.from('{"temp":21.5,"unit":"C","seq":1}')
// an agent closes a socket of its own making whenever it has nothing to do
const idle = Array.from({ length: peers }, () => new coap.Agent({ type: 'udp4', socket: dgram.createSocket('udp4') }))
let sent = 0
let answered = 0
let lost = 0
let sending = true
let inFlight = 0

function giveBack (agent) {
  inFlight--
  idle.push(agent)
  if (sending) sendNext()
}

function sendNext () {
  const agent = idle.shift()
  const request = coap.request({ agent, hostname: '127.0.0.1', port, method: 'POST', pathname: '/v1/bench' })
  request.setOption('Content-Format', 'application/json')
  request.setOption('4209', credential)
  request.on('response', () => {
    answered++
    giveBack(agent)
  })
  request.on('error', () => {
    lost++
    giveBack(agent)
  })
  sent++
  inFlight++
  request.end(payload)
}

for (let i = 0; i < window; i++) sendNext()

function measure () {
  const before = { answered, cpu: process.cpuUsage(), at: process.hrtime.bigint() }
  setTimeout(() => {
    const cpu = process.cpuUsage(before.cpu)
    const took = Number(process.hrtime.bigint() - before.at) / 1e9
    const count = answered - before.answered
    sending = false
    setTimeout(() => {
      console.log(JSON.stringify({
        sent,
        answered: count,
        success: answered,
        lost: lost + inFlight,
        seconds: took,
        rate_per_s: Math.round(count / took),
        cpu_s: (cpu.user + cpu.system) / 1e6
      }))
      process.exit(0)
    }, 1000)
  }, seconds * 1000)
}

const begin = Date.now()
const warming = setInterval(() => {
  if (answered < WARM && Date.now() - begin < WARM_MS) return
  clearInterval(warming)
  measure()
}, 100)
