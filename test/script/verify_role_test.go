package script

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/test/apiserver"
)

// verifier is a user with nothing but what --print-role prints.
type verifier struct {
	*testing.T

	warden *warden
	admin  kubernetes.Interface
	dir    string
}

func newVerifier(t *testing.T) *verifier {
	t.Helper()
	config := apiserver.Start(t)
	v := &verifier{T: t, admin: kubernetes.NewForConfigOrDie(config), dir: t.TempDir()}
	v.warden = &warden{admin: v.admin, user: "verifier", namespace: "verify-role", asked: map[right]bool{}}
	for _, namespace := range []string{v.warden.namespace, "landfall-system"} {
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		if _, err := v.admin.CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	stop, err := startKubelet(t.Context(), config, v.warden.namespace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	v.connect(config)
	archive, err := txtar.ParseFile(filepath.Join("testdata", "cluster", "verify.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		path := filepath.Join(v.dir, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// connect writes a kubeconfig that leads through the warden.
func (v *verifier) connect(config *rest.Config) {
	v.Helper()
	stop, err := v.warden.serve(config, filepath.Join(v.dir, "kubeconfig"))
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(stop)
}

// landfall runs the program as the verifier.
func (v *verifier) landfall(args ...string) (code int, stdout, stderr string) {
	v.Helper()
	command := exec.CommandContext(v.Context(), "landfall", args...)
	command.Dir = v.dir
	command.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(v.dir, "kubeconfig"), "HOME="+v.dir)
	var out, words bytes.Buffer
	command.Stdout, command.Stderr = &out, &words
	if err := command.Run(); err != nil && command.ProcessState == nil {
		v.Fatal(err)
	}
	return command.ProcessState.ExitCode(), out.String(), words.String()
}

// printed are the roles that the program prints, as objects.
func (v *verifier) printed() (namespaced []rbacv1.Role, everywhere rbacv1.ClusterRole) {
	v.Helper()
	code, text, words := v.landfall("verify", "--print-role")
	if code != 0 {
		v.Fatalf("--print-role ends with %d: %s", code, words)
	}
	for document := range strings.SplitSeq(text, "---\n") {
		var role rbacv1.Role
		if err := yaml.UnmarshalStrict([]byte(document), &role); err != nil {
			v.Fatal(err)
		}
		if role.Kind == "Role" {
			namespaced = append(namespaced, role)
			continue
		}
		if err := yaml.UnmarshalStrict([]byte(document), &everywhere); err != nil {
			v.Fatal(err)
		}
	}
	return namespaced, everywhere
}

// grant binds the printed roles, but for some rights.
func (v *verifier) grant(without ...right) {
	v.Helper()
	roles, everywhere := v.printed()
	subject := []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: v.warden.user}}
	ctx := context.WithoutCancel(v.Context())
	for _, role := range roles {
		api := v.admin.RbacV1()
		role.Rules = less(role.Rules, without)
		_ = api.Roles(role.Namespace).Delete(ctx, role.Name, metav1.DeleteOptions{})
		if _, err := api.Roles(role.Namespace).Create(ctx, &role, metav1.CreateOptions{}); err != nil {
			v.Fatal(err)
		}
		binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: role.Name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name}, Subjects: subject}
		if _, err := api.RoleBindings(role.Namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			v.Fatal(err)
		}
	}
	_ = v.admin.RbacV1().ClusterRoles().Delete(ctx, everywhere.Name, metav1.DeleteOptions{})
	everywhere.Rules = less(everywhere.Rules, without)
	if _, err := v.admin.RbacV1().ClusterRoles().Create(ctx, &everywhere, metav1.CreateOptions{}); err != nil {
		v.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: everywhere.Name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: everywhere.Name}, Subjects: subject,
	}
	if _, err := v.admin.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		v.Fatal(err)
	}
}

// less leaves rights out of rules.
func less(rules []rbacv1.PolicyRule, without []right) []rbacv1.PolicyRule {
	var left []rbacv1.PolicyRule
	for _, rule := range rules {
		rule.Verbs = slices.DeleteFunc(slices.Clone(rule.Verbs), func(verb string) bool {
			return slices.Contains(without, right{verb, rule.Resources[0], rule.APIGroups[0]})
		})
		if len(rule.Verbs) > 0 {
			left = append(left, rule)
		}
	}
	return left
}

// rights are what rules grant.
func rights(rules []rbacv1.PolicyRule) map[right]bool {
	all := map[right]bool{}
	for _, rule := range rules {
		for _, verb := range rule.Verbs {
			all[right{verb, rule.Resources[0], rule.APIGroups[0]}] = true
		}
	}
	return all
}

// awaitGrant waits until RBAC knows of what was granted, or no longer is.
func (v *verifier) awaitGrant(r right, want bool) {
	v.Helper()
	resource, subresource, _ := strings.Cut(r.resource, "/")
	for {
		review, err := v.admin.AuthorizationV1().SubjectAccessReviews().Create(v.Context(), &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               v.warden.user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: v.warden.namespace, Group: r.group, Resource: resource, Subresource: subresource, Verb: r.verb},
		}}, metav1.CreateOptions{})
		if err != nil {
			v.Fatal(err)
		}
		if review.Status.Allowed == want {
			return
		}
	}
}

func (v *verifier) verify(bundle string, more ...string) (int, string, string) {
	v.Helper()
	return v.landfall(append([]string{
		"verify", bundle, "--body", "1", "--content-type", "text/csv", "--agent-image", "registry.example.com/landfall:1",
		"--peak-requests-per-minute", "60", "--peak-time", "1s",
	}, more...)...)
}

// The rights that --print-role prints are those that a run makes use of, no more
// and no fewer; and each that is missing is told before anything is made.
func TestVerifyAsksForWhatItsRoleHas(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it runs verify some twenty times")
	}
	v := newVerifier(t)
	roles, everywhere := v.printed()
	inNamespace := roles[0]
	v.grant()
	v.awaitGrant(right{"get", "pods", "metrics.k8s.io"}, true)

	code, out, words := v.verify("readonly")
	if code != 5 {
		t.Fatalf("with its Role, verify ends with %d: %s%s", code, out, words)
	}
	// What takes other ways: the operator's image, and the nodes of a class. The
	// script of doctor leaves an operator to the API server that all tests share.
	if err := v.admin.AppsV1().Deployments(naming.SystemNamespace).Delete(t.Context(), naming.Operator, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	if code, _, words := v.landfall("verify", "healthy"); code != 1 || !strings.Contains(words, "give --agent-image") {
		t.Errorf("without an operator verify ends with %d: %s", code, words)
	}
	if code, _, words := v.landfall("verify", "classed", "--agent-image", "registry.example.com/landfall:1", "--timeout", "2s"); code != 4 {
		t.Errorf("a pod without a node ends with %d: %s", code, words)
	}
	want := rights(slices.Concat(inNamespace.Rules, roles[1].Rules, everywhere.Rules))
	asked := v.warden.asked
	delete(asked, right{"create", "selfsubjectaccessreviews", "authorization.k8s.io"}) // everybody may
	delete(asked, right{"get", "nodes/proxy", ""})                                     // documented as the way to finer figures
	// Of a WebSocket for exec the API server asks for create as well as for get.
	asked[right{"create", "pods/exec", ""}] = true
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("rights (-printed +asked):\n%s", diff)
	}
	for _, step := range []string{"Throttling +⚠", "Memory +✔"} {
		if !regexp.MustCompile(step).MatchString(out) {
			t.Errorf("no %q in:\n%s", step, out)
		}
	}

	optional := []right{{"create", "pods/exec", ""}, {"get", "pods/exec", ""}, {"list", "events", ""}, {"list", "configmaps", ""}, {"get", "pods", "metrics.k8s.io"}}
	for r := range rights(inNamespace.Rules) {
		if slices.Contains(optional, r) {
			continue
		}
		v.grant(r)
		v.awaitGrant(r, false)
		code, out, words := v.verify("healthy")
		told := "you may not: " + r.verb + " " + r.resource
		if code != 1 || !strings.Contains(words, told) || !strings.Contains(words, "verify --print-role") {
			t.Errorf("without %v verify ends with %d, and does not tell %q: %s%s", r, code, told, out, words)
		}
	}
	v.grant(optional...)
	v.awaitGrant(optional[3], false)
	code, out, words = v.verify("healthy", "-o", "yaml")
	if code != 0 {
		t.Errorf("without what may be left out verify ends with %d: %s", code, words)
	}
	for _, told := range []string{
		"you may not create pods/exec", "you may not get pods.metrics.k8s.io", "you may not list events", "you may not list configmaps",
		"CPU throttling was not measured", "GPU memory was not measured, because you may not", "the memory could not be measured",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), told) {
			t.Errorf("the report does not tell %q:\n%s", told, out)
		}
	}
	left, err := v.admin.CoreV1().ConfigMaps(v.warden.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=landfall-verify"})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d objects are left, %v", len(left.Items), err)
	}
}
