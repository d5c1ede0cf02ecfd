// Package door keeps a listener that the whole world can reach standing, and
// those who are let in served, whoever else is knocking.
//
// Whoever connects is a stranger until the handler has verified a signature or
// a token and said so with [Admit]. Strangers cost little and wait for nobody:
//
//   - headers and bodies have to arrive within a time, and a body within a
//     size; [Read] is the only way to a body;
//   - there is room for so many connections and for so many bytes of bodies.
//     When it runs out, nobody new is turned away, since that might be Slack:
//     the stranger who has kept us waiting longest, or whose body takes most
//     room, is hung up on;
//   - whoever was admitted is not hung up on before the answer is sent, and
//     after it only where no stranger is left.
//
// Nothing here decodes anything, and nothing reaches a database.
package door
