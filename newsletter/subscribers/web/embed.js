/* Enhances a sign-up form that another site has copied from docs/howto/embed-the-sign-up-form.md: it is sent from where it stands.
   Whatever goes wrong, the form is sent as if there were no script. No cookie, nothing stored, nothing asked before somebody types. */
(function () {
  "use strict";

  function ask(address, options) {
    var quiet = { mode: "cors", credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };
    return fetch(address, Object.assign(quiet, options)).then(function (answer) {
      if (!answer.ok) { throw new Error("refused"); }
      return answer.json();
    });
  }

  function enhance(form) {
    var address = new URL(form.action);
    var base = address.origin + address.pathname;
    var stamp = null;
    var busy = false;
    var said = document.createElement("div");
    said.setAttribute("role", "status");
    said.setAttribute("aria-live", "polite");
    said.tabIndex = -1;
    form.insertAdjacentElement("beforebegin", said);

    function paragraphs(texts) {
      said.replaceChildren.apply(said, texts.map(function (text) {
        var line = document.createElement("p");
        line.textContent = text;
        return line;
      }));
      said.focus();
    }

    function mark(problems) {
      form.querySelectorAll("[data-problem]").forEach(function (old) { old.remove(); });
      form.querySelectorAll("[aria-invalid]").forEach(function (field) {
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
      });
      Object.keys(problems).forEach(function (name) {
        var field = form.querySelector("[name=" + name + "]");
        if (!field) { return; }
        var line = document.createElement("p");
        line.id = "newsletter-problem-" + name;
        line.setAttribute("data-problem", "");
        line.textContent = problems[name];
        (field.closest("label") || field).insertAdjacentElement("beforebegin", line);
        field.setAttribute("aria-invalid", "true");
        field.setAttribute("aria-describedby", line.id);
      });
    }

    function show(answer) {
      stamp = answer.stamp || stamp;
      mark(answer.problems || {});
      paragraphs(answer.sentences);
      form.hidden = !answer.stamp;
    }

    function sendWithoutScript() {
      HTMLFormElement.prototype.submit.call(form);
    }

    form.noValidate = true;
    form.addEventListener("focusin", function () {
      if (stamp === null) {
        stamp = "";
        ask(base + "/stamp").then(function (answer) { stamp = stamp || answer.stamp; }, function () { stamp = stamp || null; });
      }
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (busy) { return; }
      busy = true;
      form.setAttribute("aria-busy", "true");
      var fields = new URLSearchParams(new FormData(form));
      fields.set("stamp", stamp || "");
      ask(base + "/embedded" + address.search, { method: "POST", body: fields }).then(show).catch(sendWithoutScript).finally(function () {
        busy = false;
        form.removeAttribute("aria-busy");
      });
    });
  }

  document.querySelectorAll("form[data-newsletter-sign-up]").forEach(enhance);
})();
