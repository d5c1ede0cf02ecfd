// Package indexpack takes a pack apart while it arrives, and names what is in
// it: what git index-pack does, in this process. go-git does it in one thread
// and after the pack is on disk, in three times the time.
//
// Nothing is believed of a pack. What it promises costs no memory before it
// comes, each content is exactly as large as it says, and the checksum at the
// end must fit; deltas may stand on each other only as deep as git makes them,
// and what they stand on is held only as far as there is room, and made again.
// Only the time is not bounded here: a small pack can be made to take for ever,
// so whoever waits for one gives a context.
package indexpack
