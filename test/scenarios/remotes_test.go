package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/githubtest/fault"
)

// The words about git, GitHub and Argo CD:
//
//	file PATH PATTERN             a file on main
//	main - PATTERN                main's log, newest first, with messages
//	pull N PATTERN                a pull request: "open", "merged" or "closed", title, labels, body
//	branches - PATTERN            the branches of the repository, sorted: "main"
//	app NAME PATTERN              an application: its health, sync, images and conditions
//	pushes PREFIX PATTERN         what became of the branches that begin so: "2 made, 1 moved, 2 deleted, 0 refused"
//	calls "METHOD PATH" PATTERN   how many such calls GitHub saw: "1"
//	sent "METHOD PATH" PATTERN    what such calls had in their bodies
//	push LOGIN BRANCH PATH OLD NEW  a person's commit that replaces a text in a file; \n in them begins a line
//	rewind LOGIN BRANCH N         a person's force-push that takes the newest N commits off
//	rename BRANCH NAME            a branch gets another name in git
//	put LOGIN BRANCH DIR          a person's commit that adds all files of a directory of the story
//	fleet N                       N small applications in git and in Argo CD; see fleet_test.go
//	open LOGIN BRANCH TITLE…      a person's own pull request to main
//	review LOGIN N approve|reject|… a review on GitHub
//	dismiss LOGIN N REVIEWER      a person dismisses somebody's review on GitHub
//	merge LOGIN N, close LOGIN N  a person merges or closes a pull request
//	retarget LOGIN N BRANCH       a person points a pull request at another branch
//	demand                        GitHub wants an approving review of its own on main
//	forge LOGIN N                 sets changebot's own status to success
//	status N PATTERN              changebot's status on a pull request's head
//	lose EVENT.ACTION             GitHub's webhooks of that kind are lost from now on
//	unprotect                     takes the protection off main
//	conform                       no call and no message was outside its schema; git is whole
//
// BRANCH "pull/N" is the branch of a pull request.

const repo = "acme/gitops"

// git runs git on the server's repository.
func (s *story) git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", s.RepoDir()}, args...)...).CombinedOutput()
	return string(out), err
}

func file(s *story, path string) (string, error) {
	out, _ := s.git("show", "main:"+path)
	return out, nil
}

// below is the files of a directory on main, one after the other.
func below(s *story, dir string) (string, error) {
	names, err := s.git("ls-tree", "-r", "-z", "--name-only", "main", dir+"/")
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for name := range strings.SplitSeq(strings.TrimRight(names, "\x00"), "\x00") {
		if name != "" {
			text, err := file(s, name)
			if err != nil {
				return "", err
			}
			all.WriteString(name + "\n" + text)
		}
	}
	return all.String(), nil
}

func mainLog(s *story, _ string) (string, error) { return s.git("log", "--format=%s%n%b", "main") }

func pull(s *story, number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	p, ok := s.GitHub.Pull(repo, n)
	if !ok {
		return "", nil
	}
	return p.String(), nil
}

func branches(s *story, _ string) (string, error) {
	all, err := s.GitHub.Branches(repo)
	return strings.Join(slices.Sorted(maps.Keys(all)), " "), err
}

// pushes counts what was done to branches, by whomever.
func pushes(s *story, prefix string) (string, error) {
	var created, moved, deleted, refused int
	for _, p := range s.GitHub.Pushes(repo, "refs/heads/"+prefix) {
		switch nowhere := strings.Repeat("0", 40); {
		case p.Refused != "":
			refused++
		case p.Old == nowhere:
			created++
		case p.New == nowhere:
			deleted++
		default:
			moved++
		}
	}
	return fmt.Sprintf("%d made, %d moved, %d deleted, %d refused", created, moved, deleted, refused), nil
}

func app(s *story, name string) (string, error) {
	v, ok := s.Argo.Application(name)
	if !ok {
		return "", fmt.Errorf("there is no application %s", name)
	}
	return fmt.Sprintf("%+v", v), nil
}

func calls(s *story, match string) (string, error) {
	return strconv.Itoa(len(s.GitHub.Requests(githubtest.Filter{Match: match}))), nil
}

func sent(s *story, match string) (string, error) {
	var all strings.Builder
	for _, x := range s.GitHub.Requests(githubtest.Filter{Match: match}) {
		fmt.Fprintf(&all, "%s\n", x.RequestBody)
	}
	return all.String(), nil
}

func lose(s *story, args []string) error {
	if len(args) != 1 {
		return errors.New("takes an event and its action, such as pull_request.synchronize")
	}
	ctx, cancel := waiting()
	defer cancel()
	if err := s.GitHub.Settle(ctx); err != nil { // what was sent before arrives
		return err
	}
	return s.GitHub.Fault(fault.Fault{Match: "WEBHOOK " + args[0], Kind: fault.Drop, Times: -1})
}

func push(s *story, args []string) error {
	if len(args) != 5 {
		return errors.New("takes a login, a branch, a path, the old and the new text")
	}
	branch, err := s.branch(args[1])
	if err != nil {
		return err
	}
	text, err := s.git("show", branch+":"+args[2])
	if err != nil { // a new branch begins at main
		text, err = s.git("show", "main:"+args[2])
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	old := strings.ReplaceAll(args[3], `\n`, "\n")
	if !strings.Contains(text, old) {
		return fmt.Errorf("%s does not hold %q:\n%s", args[2], old, text)
	}
	changed := strings.Replace(text, old, strings.ReplaceAll(args[4], `\n`, "\n"), 1)
	_, err = s.GitHub.Push(repo, branch, args[0], map[string]string{args[2]: changed}, "Edit "+args[2])
	return err
}

// rewind takes commits off a branch.
func rewind(s *story, args []string) error {
	if len(args) != 3 {
		return errors.New("takes a login, a branch and how many commits")
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	branch, err := s.branch(args[1])
	if err != nil {
		return err
	}
	return s.GitHub.Rewind(repo, branch, args[0], n)
}

func rename(s *story, args []string) error {
	if len(args) != 2 {
		return errors.New("takes a branch and its new name")
	}
	out, err := s.git("branch", "-m", args[0], args[1])
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// put adds the files that stand in the story below a directory.
func put(s *story, args []string) error {
	if len(args) != 3 {
		return errors.New("takes a login, a branch and a directory of the story")
	}
	files := map[string]string{}
	root := os.DirFS(filepath.Join(s.dir, args[2]))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.GitHub.Push(repo, args[1], args[0], files, "Add "+args[2])
	return err
}

// branch resolves "pull/N", as soon as that pull request is there.
func (s *story) branch(name string) (string, error) {
	number, isPull := strings.CutPrefix(name, "pull/")
	if !isPull {
		return name, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	ctx, cancel := waiting()
	defer cancel()
	var head string
	err = bot.Until(ctx, func() (bool, error) {
		p, ok := s.GitHub.Pull(repo, n)
		head = p.Head
		return ok, nil
	})
	return head, err
}

func unprotect(s *story, _ []string) error { return s.GitHub.RemoveProtection(repo, "main") }

func openPull(s *story, args []string) error {
	if len(args) < 3 {
		return errors.New("takes a login, a branch and a title")
	}
	_, err := s.GitHub.OpenPR(args[0], repo, args[1], "main", strings.Join(args[2:], " "), "")
	return err
}

func review(s *story, args []string) error {
	if len(args) < 3 {
		return errors.New("takes a login, a number and approve, reject or comment")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	state := map[string]string{"approve": githubtest.Approve, "reject": githubtest.RequestChanges, "comment": githubtest.Comment}[args[2]]
	return s.GitHub.ReviewAs(args[0], repo, n, state, strings.Join(args[3:], " "))
}

func dismiss(s *story, args []string) error {
	if len(args) != 3 {
		return errors.New("takes a login, a number and the login of who reviewed")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return s.GitHub.DismissAs(args[0], repo, n, args[2])
}

func merge(s *story, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	_, err = s.GitHub.MergeAs(args[0], repo, n)
	return err
}

// retarget points a pull request at a branch.
func retarget(s *story, args []string) error {
	if len(args) != 3 {
		return errors.New("takes a login, a number and a branch")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return s.GitHub.Retarget(args[0], repo, n, args[2])
}

// demand makes GitHub itself want an approving review on main.
func demand(s *story, _ []string) error {
	return s.GitHub.Protect(repo, "main", githubtest.Protection{
		RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/main", AppID: s.GitHub.App().ID}}, RequiredApprovals: 1,
	})
}

func closePull(s *story, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return s.GitHub.ClosePR(args[0], repo, n)
}

func forgeStatus(s *story, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	p, ok := s.GitHub.Pull(repo, n)
	if !ok {
		return fmt.Errorf("there is no #%d", n)
	}
	return s.GitHub.SetStatusAs(args[0], repo, p.HeadSHA, "changebot/main", "success", "forged")
}

// gateStatus reads what changebot's status on a pull request says now.
func gateStatus(s *story, number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	p, _ := s.GitHub.Pull(repo, n)
	all := s.GitHub.Statuses(repo, p.HeadSHA, "changebot/main")
	if len(all) == 0 {
		return "", nil
	}
	return all[len(all)-1], nil
}

// conform fails where a call was outside GitHub's description, a message
// outside Slack's schema, or the repository is damaged.
func conform(s *story, _ []string) error {
	var all error
	for _, v := range s.GitHub.Violations() {
		all = errors.Join(all, fmt.Errorf("GitHub: %v", v))
	}
	for _, v := range s.Slack.Violations() {
		all = errors.Join(all, fmt.Errorf("Slack: %v", v))
	}
	if out, err := s.git("fsck", "--strict"); err != nil {
		all = errors.Join(all, fmt.Errorf("git fsck: %w: %s", err, out))
	}
	return all
}
