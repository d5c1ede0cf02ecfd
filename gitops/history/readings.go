package history

import (
	"context"
	"crypto/sha1"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// A field says where in a file a version stands: all of a place but the file,
// for the same content says the same in any. What else a place says decides
// which of many versions in one content is meant.
type field gitops.Place

func fieldOf(p gitops.Place) field {
	p.File = ""
	return field(p)
}

// texts are what a field is on disk, in that order.
func (f *field) texts() []*string {
	return []*string{(*string)(&f.Shape), &f.Image, &f.Field, &f.Chart, &f.Kind, &f.Name, &f.Source, &f.Parameter, &f.Element}
}

// readings remember which version a content has at a field.
type readings struct {
	numbers  map[field]uint32
	versions []gitops.Version
	byName   map[gitops.Version]uint32
	read     map[readingKey]uint32 // a number in versions; unreadable where there is none
}

type readingKey struct {
	content id
	field   uint32
}

// unreadable is the reading of a content that has no version at the field. It
// is not put on disk: the next release may know how to read it.
const unreadable = 1<<32 - 1

func newReadings() readings {
	return readings{numbers: map[field]uint32{}, byName: map[gitops.Version]uint32{}, read: map[readingKey]uint32{}}
}

func (r *readings) len() int { return len(r.read) }

func (r *readings) get(content id, f field) (v gitops.Version, found, known bool) {
	number, ok := r.numbers[f]
	if !ok {
		return v, false, false
	}
	at, known := r.read[readingKey{content, number}]
	if !known || at == unreadable {
		return v, false, known
	}
	return r.versions[at], true, true
}

func (r *readings) put(content id, f field, v gitops.Version, found bool) {
	number, ok := r.numbers[f]
	if !ok {
		number = uint32(len(r.numbers)) // bounded by maxFacts
		r.numbers[f] = number
	}
	at := uint32(unreadable)
	if found {
		if at, ok = r.byName[v]; !ok {
			at = uint32(len(r.versions)) // bounded by maxFacts
			r.versions = append(r.versions, v)
			r.byName[v] = at
		}
	}
	r.read[readingKey{content, number}] = at
}

// reading returns what is remembered of a content.
func (x *Index) reading(content id, f field) (v gitops.Version, found, known bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.readings.get(content, f)
}

// remember reads the version at a place of a content, and remembers it.
func (x *Index) remember(content id, place gitops.Place, data []byte) (gitops.Version, bool) {
	v, err := x.opts.Manifests.Read(data, place)
	found := err == nil
	x.mu.Lock()
	defer x.mu.Unlock()
	x.readings.put(content, fieldOf(place), v, found)
	if found {
		x.disk.reading(content, fieldOf(place), v)
	}
	return v, found
}

// versionOf returns the version at a place of a content that the mirror holds.
func (x *Index) versionOf(ctx context.Context, content id, place gitops.Place) (v gitops.Version, found bool, err error) {
	if content == (id{}) || place.Shape == "" {
		return v, false, nil
	}
	if v, found, known := x.reading(content, fieldOf(place)); known {
		return v, found, nil
	}
	data, err := x.opts.Source.Blob(ctx, content.String())
	switch gitops.CodeOf(err) {
	case "":
		v, found = x.remember(content, place, data)
		return v, found, nil
	case gitops.Invalid, gitops.Unsafe: // larger than anybody reads
		return v, false, nil
	default:
		return v, false, err
	}
}

// readAll reads the versions that commits left at places.
func (x *Index) readAll(ctx context.Context, commits []Commit, places map[string][]gitops.Place) error {
	if len(places) == 0 {
		return nil
	}
	for _, c := range commits {
		for _, change := range c.Changes {
			content, ok := parseID(change.Hash)
			for _, p := range places[change.Path] {
				if !ok {
					continue
				}
				if _, _, err := x.versionOf(ctx, content, p); err != nil {
					return fmt.Errorf("read %s at %.8s: %w", p.File, c.Hash, err)
				}
			}
		}
	}
	return nil
}

// far names a file as of a commit that only the forge has, by which its content
// is remembered.
func far(commit, path string) id {
	return sha1.Sum(slices.Concat([]byte(commit), []byte{0}, []byte(path)))
}
