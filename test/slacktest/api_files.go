package slacktest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
)

// File is an upload. It is shared once the app completed it.
type File struct {
	ID      string
	Name    string
	Title   string
	Content []byte
	Length  int // as announced

	uploaded bool
}

// maxUpload is the most this Slack takes for one file.
const maxUpload = 16 << 20

func (s *Server) wireFile(f *File) object {
	kind := strings.TrimPrefix(path.Ext(f.Name), ".")
	return object{
		"id": f.ID, "name": f.Name, "title": f.Title, "mimetype": "text/plain", "filetype": cmp.Or(kind, "text"),
		"size": len(f.Content), "mode": "hosted", "user": s.opts.BotUserID,
		"url_private": s.URL() + "/files/" + f.ID, "permalink": s.pageURL() + "/files/" + f.ID,
	}
}

func (s *Server) filesGetUploadURL(a args) (object, error) {
	name, length := a.str("filename"), a.number("length", 0)
	if name == "" || length == 0 {
		return nil, &apiError{"invalid_arguments", []string{"[ERROR] missing required field: filename and length"}}
	}
	f := &File{ID: s.newID("F"), Name: name, Length: length}
	s.files[f.ID] = f
	return object{"upload_url": s.URL() + "/upload/" + f.ID, "file_id": f.ID}, nil
}

// serveUpload takes the bytes, as a multipart form or as they are.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	content, err := readUpload(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fault := s.takeFault("upload")
	if fault != nil && s.failBefore(w, r, "upload", args{}, fault) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Call{Method: "upload", At: s.now(), Status: http.StatusOK}
	defer func() { s.record(c) }()
	f, ok := s.files[r.PathValue("id")]
	if !ok || f.uploaded {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	if len(content) != f.Length {
		s.violate("upload", "%s: %d bytes were announced, %d came", f.Name, f.Length, len(content))
	}
	f.Content, f.uploaded = content, true
	if fault != nil && fault.Kind == FailAfter {
		c.Status, c.Error = http.StatusBadGateway, string(FailAfter)
		http.Error(w, "bad gateway", c.Status)
		return
	}
	_, _ = fmt.Fprintf(w, "OK - %d", len(content))
}

func readUpload(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return io.ReadAll(r.Body)
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil, fmt.Errorf("find the file in the upload: %w", err)
		}
		if part.FormName() == "file" || part.FormName() == "filename" {
			return io.ReadAll(part)
		}
	}
}

func (s *Server) filesCompleteUpload(a args) (object, error) {
	var named []struct{ ID, Title string }
	if err := a.decode("files", &named); err != nil || len(named) == 0 {
		return nil, refuse("invalid_arguments")
	}
	var files []File
	var wired []any
	for _, n := range named {
		f, ok := s.files[n.ID]
		if !ok || !f.uploaded {
			return nil, refuse("file_not_found")
		}
		f.Title = cmp.Or(n.Title, f.Name)
		files, wired = append(files, *f), append(wired, s.wireFile(f))
	}
	rooms := strings.Split(cmp.Or(a.str("channel_id"), a.str("channels")), ",")
	for _, id := range rooms {
		if id == "" {
			continue
		}
		ch, err := s.memberRoom(id)
		if err != nil {
			return nil, err
		}
		m := Message{User: s.opts.BotUserID, Subtype: "file_share", Files: files, ThreadTS: a.str("thread_ts")}
		m.Text = a.str("initial_comment")
		s.post(ch, m)
	}
	return object{"files": wired}, nil
}

func (s *Server) filesInfo(a args) (object, error) {
	f, ok := s.files[a.str("file")]
	if !ok || !f.uploaded {
		return nil, refuse("file_not_found")
	}
	return object{"file": s.wireFile(f), "content": string(f.Content)}, nil
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f, ok := s.files[r.PathValue("id")]
	var content []byte
	if ok {
		content = bytes.Clone(f.Content)
	}
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(content)
}
