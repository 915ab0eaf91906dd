import type { CheckTexts } from "./check-texts.ts";
import { frFindings } from "./fr-findings.ts";
import type { Texts } from "./texts.ts";

const checks: CheckTexts = {
  "1.01": {
    title: "Le dossier a tous ses fichiers",
    proves: "Tout ce que les autres contrôles regardent est là.",
    not: "Que le contenu des fichiers est juste.",
  },
  "1.02": {
    title: "Le registre de la loi a signé les descriptions de la loi",
    proves:
      "La question, les options, les clés et la liste électorale sont celles que le détenteur de la clé du registre a publiées.",
    not: "Que le détenteur a eu raison de les publier, ni qu’il a montré les mêmes à tout le monde.",
  },
  "1.03": {
    title: "La clé du registre est celle que vous connaissez",
    proves:
      "Le dossier vient du registre que vous connaissez par sa clé, et non d’une copie faite par quelqu’un d’autre.",
    not: "Que la clé que vous connaissez est celle du bureau électoral. Comparez-la avec celle qu’il a publiée.",
  },
  "1.04": {
    title: "Chaque description de la loi est dans le registre",
    proves:
      "La description était fixée avant le premier vote, et tout le monde voit chacune de ses versions suivantes.",
    not: "Que les électeurs ont lu cette description.",
  },
  "1.05": {
    title: "La description n’a changé que là où elle le peut",
    proves:
      "La question, les options, la période de vote et les clés des dépositaires sont restées les mêmes. Seules les clés des promesses et la liste électorale peuvent changer. À l’adresse de la loi, l’API dit la même chose aux électeurs.",
    not: "Qu’elles étaient justes dès le début.",
  },
  "1.06": {
    title: "Les identifiants des clés sont ceux de leurs clés",
    proves: "Aucune clé ne passe pour une autre.",
    not: "À qui sont les clés.",
  },
  "1.07": {
    title: "Chaque modification de la liste électorale scellée est dans le journal",
    proves: "Personne n’est entré dans la liste ni n’en est sorti sans un acte que le journal montre.",
    not: "Que ceux qui sont sur la liste ont le droit de vote. Le contrôle 1.09 et les dossiers du bureau en disent plus.",
  },
  "1.08": {
    title: "Les clés de la loi sont celles des dépositaires",
    proves: "Les bulletins sont scellés pour la clé que les dépositaires ont faite.",
    not: "Que les dépositaires ont gardé leurs parts pour eux.",
  },
  "1.09": {
    title: "La liste électorale que vous avez est celle qui a été scellée",
    proves: "Les électeurs de votre liste, et eux seuls, sont sur la liste électorale.",
    not: "Qui ils sont, ni lesquels ont voté.",
  },
  "1.10": {
    title: "Chaque nouvelle clé des promesses est dans le journal",
    proves:
      "Personne n’a donné à la loi une clé qui fait des promesses, ni n’en a retiré une, sans un acte que le journal montre.",
    not: "Que la première clé de la loi était celle du système.",
  },
  "2.01": {
    title: "Le registre a signé chaque point de contrôle",
    proves: "Chaque état publié du registre vient du détenteur de sa clé, qui ne peut pas le nier.",
    not: "Que tout le monde a vu les mêmes points de contrôle. Les contrôles 1.03 et 2.05 en disent plus.",
  },
  "2.02": {
    title: "Chaque point de contrôle prolonge le précédent",
    proves: "D’un état publié au suivant, rien n’a été retiré du registre, ni modifié.",
    not: "Que des états absents du dossier se prolongent. Le contrôle 2.05 compare ceux que vous avez vus.",
  },
  "2.03": {
    title: "Le dernier point de contrôle porte exactement sur ces entrées",
    proves: "Aucune entrée n’a été modifiée, retirée, ajoutée ou déplacée après la signature du registre.",
    not: "Que les entrées disent ce qui s’est passé.",
  },
  "2.04": {
    title: "Les tuiles ont les empreintes de ces entrées",
    proves: "Les outils d’autrui, qui ne lisent que les tuiles, voient le même registre.",
    not: "Rien sur les entrées.",
  },
  "2.05": {
    title: "Le registre prolonge ce que vous aviez vu",
    proves:
      "Depuis votre dernière visite, le registre n’est pas revenu en arrière et n’a pas été remplacé par un autre.",
    not: "Que d’autres voient le même registre. Comparez votre point de contrôle avec le leur.",
  },
  "2.06": {
    title: "Chaque entrée a sa forme et sa place",
    proves: "Le registre n’a que ce qu’il peut avoir, et son ordre ne dit pas qui a voté quand.",
    not: "Que chaque soumission s’y trouve.",
  },
  "2.07": {
    title: "L’état d’une soumission ne fait que monter",
    proves:
      "Ce qui était compté est resté compté, à moins qu’un journal qui nomme la restauration d’une base ne dise que des soumissions sont perdues. Aucun changement d’état n’est deux fois dans le registre.",
    not: "Que chaque état est juste, ni qu’une soumission perdue devait l’être.",
  },
  "2.08": {
    title: "Une soumission est comptée une seule fois",
    proves: "Aucune soumission ne compte avec deux bulletins.",
    not: "Qu’aucun électeur n’a deux soumissions qui comptent. Le registre ne connaît pas les électeurs\u00a0; le grand livre les connaît.",
  },
  "2.09": {
    title: "La liste des soumissions est celle du registre",
    proves: "La liste n’omet aucune soumission, n’en ajoute aucune, et dit de chacune ce que dit le registre.",
    not: "Que chaque vote envoyé est devenu une soumission. Son électeur le voit par le contrôle 2.13.",
  },
  "2.10": {
    title: "Chaque soumission comptée a une promesse",
    proves:
      "Le service de vote a reçu chaque vote compté. Personne derrière lui n’en a fabriqué un, par exemple pour un abstentionniste.",
    not: "Que l’électeur l’a envoyé\u00a0: qui a la clé des promesses peut faire des promesses. Dans une loi ouverte, ni la réponse choisie.",
  },
  "2.11": {
    title: "Les entrées du journal se suivent",
    proves: "Aucune entrée n’a été insérée, retirée ou modifiée au milieu du journal.",
    not: "Que chaque acte a été noté.",
  },
  "2.12": {
    title: "Le journal est celui du registre",
    proves: "Le journal n’a pas été réécrit depuis que ses entrées sont dans le registre.",
    not: "Que ce que disent les entrées est vrai.",
  },
  "2.13": {
    title: "Votre promesse est tenue",
    proves: "Votre soumission est dans le registre final, et tout le monde voit ce qu’elle est devenue.",
    not: "Que votre réponse a été comptée telle que vous l’avez donnée. Dans une loi scellée à codes de suivi, le contrôle 3.13 le montre.",
  },
  "3.01": {
    title: "Le certificat est signé, et porte sur cette loi",
    proves: "Le bureau électoral certifie ces chiffres, et ne peut pas le nier.",
    not: "Que les chiffres sont justes. Les autres contrôles de cette phase y répondent.",
  },
  "3.02": {
    title: "Le certificat nomme la fin de ce registre",
    proves: "Le certificat porte sur ce registre, et aucune soumission n’y est entrée ensuite.",
    not: "Si des entrées du journal sont venues plus tard\u00a0; elles le peuvent.",
  },
  "3.03": {
    title: "Les nombres certifiés de soumissions sont ceux du registre",
    proves:
      "Les soumissions comptées, en double, invalides, répétées, tardives et perdues sont aussi nombreuses que dans le registre.",
    not: "Comment les soumissions comptées ont été faites.",
  },
  "3.04": {
    title: "Les inscrits et la participation vont avec la liste et le registre",
    proves:
      "Il y a autant d’inscrits que sur la liste électorale de la description, et pas plus de votants que d’inscrits.",
    not: "Qui a voté.",
  },
  "3.05": {
    title: "Le certificat nomme la fin de ce journal",
    proves: "Aucun acte du bureau antérieur au certificat n’a été ajouté ou retiré plus tard.",
    not: "Que chaque acte a été noté.",
  },
  "3.06": {
    title: "Les messages mis de côté sont nommés",
    proves:
      "Le certificat nomme exactement les messages que deux personnes ont retirés des files d’attente, d’après le journal.",
    not: "Ce qu’ils contenaient. Ils sont gardés chiffrés, et un tribunal peut les faire ouvrir.",
  },
  "3.07": {
    title: "Il y a autant de bulletins que de soumissions comptées",
    proves:
      "Aucun bulletin n’a été ajouté à l’urne ni retiré d’elle, à moins qu’un autre n’ait été retiré ou ajouté. Les bulletins " +
      "nuls qui sont nommés sont des enveloppes comptées.",
    not: "Qu’aucun bulletin n’a été échangé. Dans une loi scellée, les dépositaires le voient par le contrôle 3.12. Dans une loi ouverte, personne.",
  },
  "3.08": {
    title: "Les dépositaires ont signé la liste dépouillée",
    proves:
      "La liste est telle que l’ont faite ceux qui ont les clés de la loi. Personne ne l’a modifiée à son retour.",
    not: "Que les dépositaires ont bien ouvert les bulletins. Les électeurs qui ont un code de suivi le voient par le contrôle 3.13.",
  },
  "3.09": {
    title: "Les lignes de la liste dépouillée donnent ses sommes",
    proves: "Les sommes sont celles des bulletins un à un, et l’ordre de la liste ne dit rien.",
    not: "Que les bulletins sont ceux de l’urne.",
  },
  "3.10": {
    title: "Le résultat certifié est celui de la liste dépouillée",
    proves: "Le compte n’a pas été modifié après l’ouverture de l’urne par les dépositaires.",
    not: "Que la liste dépouillée est juste.",
  },
  "3.11": {
    title: "Le grand livre du bureau était sans faute",
    proves: "Le bureau a certifié que ses bases de données concordaient entre elles lorsque la loi a été certifiée.",
    not: "Que c’est vrai\u00a0: seul le bureau voit ses bases de données.",
  },
  "3.12": {
    title: "L’urne a exactement les enveloppes comptées",
    proves: "Aucune enveloppe n’a été échangée, ajoutée ou retirée entre le service de vote et l’urne que vous avez.",
    not: "Ce qu’il y a dans les enveloppes.",
  },
  "3.13": {
    title: "Votre code de suivi est dans la liste dépouillée",
    proves: "Votre bulletin a été ouvert, avec la réponse qui est dite à côté de ce contrôle.",
    not: "À vous, que la réponse est celle que vous avez choisie, à moins de vous en souvenir. Aux autres, rien.",
  },
};

/** Ce que dit le vérificateur, en français. */
export const fr: Texts = {
  phases: { setup: "Préparation", voting: "Vote", counting: "Dépouillement" },
  kinds: { completeness: "complétude", authenticity: "authenticité", consistency: "cohérence", integrity: "intégrité" },
  who: { observer: "observateur", voter: "électeur", auditor: "auditeur qui a la liste", trustee: "dépositaire" },
  outcomes: { holds: "juste", fails: "FAUX", not_run: "non fait" },
  reasons: {
    not_yet: "la loi n’est pas encore certifiée",
    missing: "il manque un fichier",
    not_asked: "demande une option qui n’a pas été donnée",
    not_this_law: "les lois de cette forme n’en ont pas",
    after_failure: "demande ce qu’un autre contrôle a trouvé faux",
  },
  verdicts: {
    fails:
      "Quelque chose est faux. Gardez le dossier et ce rapport, et dites-le au bureau électoral et à ses observateurs.",
    partial:
      "Le dossier n’est pas complet. Ce qui est là est juste\u00a0; procurez-vous le reste, et vérifiez de nouveau.",
    running:
      "La loi n’est pas encore certifiée. Rien n’est faux jusqu’ici\u00a0; vérifiez de nouveau quand elle sera publiée.",
    holds: "Tout ce qui a été vérifié est juste.",
  },
  proves: "Prouve\u00a0:",
  not: "Ne prouve pas\u00a0:",
  more: (count) => `et ${count.toLocaleString("fr-CA")} de plus`,
  checks,
  findings: frFindings,
};
