// Behaviour that the framework lacks: links inside our HTML change the page without loading it anew,
// and a person may choose light or dark. Loaded once; every run of a page asks for it again.
(() => {
  const themed = () => new Set([location.pathname, "/", ...[...document.querySelectorAll(
    '[data-testid="stSidebarNavLink"]')].map((link) => new URL(link.href).pathname)]);
  const wear = (name) => {
    for (const path of themed()) {
      localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(name));
    }
    location.reload();
  };

  // The theme of somebody's profile holds from their sign-in, or from when they changed it, until
  // the button here is pressed; without one in the profile the browser keeps what it has.
  const { theme, session } = document.currentScript?.dataset ?? {};
  const wanted = theme && `${session} ${theme}`;
  if (wanted && localStorage.getItem("sentiaTheme") !== wanted) {
    localStorage.setItem("sentiaTheme", wanted);
    const key = `stActiveTheme-${location.pathname}-v2`;
    if (localStorage.getItem(key) !== JSON.stringify(theme)) return wear(theme);
  }

  if (window.sentia) return;
  window.sentia = true;

  const follow = (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || !link.matches(".sx-tile, .sx-action, .sx-link")) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    const target = new URL(link.href, document.baseURI);
    if (target.origin !== location.origin) return;
    event.preventDefault();
    event.stopPropagation();
    history.pushState({}, "", target);
    dispatchEvent(new PopStateEvent("popstate"));
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  };
  addEventListener("click", follow, true);

  // Ages count on between two refreshes, by the server's clock, and turn stale in time.
  const span = (seconds) => {
    for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= 2 * length || (unit === "min" && seconds >= 60)) {
        return `${Math.floor(seconds / length)} ${unit}`;
      }
    }
    return `${Math.floor(seconds)} s`;
  };
  const seen = new WeakMap();
  setInterval(() => {
    for (const age of document.querySelectorAll("[data-sx-age]")) {
      const [at, now, limit] = age.dataset.sxAge.split(" ").map(Number);
      let known = seen.get(age);
      if (!known || known.now !== now) seen.set(age, (known = { now, from: performance.now() }));
      const seconds = Math.max(0, now - at + (performance.now() - known.from) / 1000);
      const stale = limit > 0 && seconds > limit;
      age.querySelector(".sx-age").textContent = `${stale ? "stale, " : ""}${span(seconds)} ago`;
      age.classList.toggle("sx-stale", stale);
    }
  }, 1000);

  const dark = () => getComputedStyle(document.querySelector(".stApp")).colorScheme === "dark";
  addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".sx-theme");
    if (!button) return;
    wear(dark() ? "Light" : "Dark");
  }, true);
})();
