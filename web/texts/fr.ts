import type { Texts } from "./en.ts";

/** Everything that the pages say, in French. Before : ; ? ! » stands a no-break space, after « too. */
export const fr: Texts = {
  language: "Langue",
  site: "Référendum",
  skip: "Passer au contenu principal",
  menu: "Menu",
  nav: { vote: "Voter", receipt: "Votre récépissé", results: "Résultats et participation" },
  footer: "Ces pages n’échangent rien avec d’autres que ce service et n’utilisent pas de témoins (cookies).",
  errorPrefix: "Erreur : ",
  loading: "Chargement…",
  back: "Retour",
  continue: "Continuer",
  change: "Modifier",
  tryAgain: "Réessayer",
  toStart: "Retour à la liste des lois",
  toResults: "Voir les résultats et la participation",
  problemHeading: "Il y a un problème",
  oui: "Oui",
  non: "Non",
  rehearsal: "Répétition : ces votes ne comptent pas.",

  laws: {
    title: "Voter sur une loi",
    intro:
      "Il vous faut votre numéro d’assurance sociale (NAS) et le code de votre lettre. Voter prend environ deux minutes.",
    open: "Vote en cours",
    soon: "Pas encore ouvert",
    over: "Vote terminé",
    frozen: "Suspendu pour le moment",
    none: "Il n’y a pas de vote en ce moment.",
    voteOn: (title) => `Voter : ${title}`,
    law: (id) => `Loi ${id}`,
    opensAt: (time) => `Le vote ouvre le ${time}.`,
    openFromTo: (from, to) => `Le vote est ouvert du ${from} au ${to}.`,
    openSince: (from) => `Le vote est ouvert depuis le ${from}, jusqu’à nouvel ordre.`,
    closedAt: (time) => `Le vote s’est terminé le ${time}.`,
    closed: "Le vote est terminé.",
    suspended: "Le vote est suspendu. Aucun vote n’est reçu pour le moment.",
  },

  pendingNotice: {
    heading: "Un vote de cet onglet n’est pas confirmé",
    text: "Un vote a été commencé dans cet onglet, sans recevoir de réponse. Il est peut-être arrivé ; si c’est le cas, il compte. Si ce vote n’est pas le vôtre, n’y donnez pas suite.",
    sameLaw:
      "Un vote sur cette loi a déjà été commencé dans cet onglet, peut-être par quelqu’un d’autre, sans recevoir de réponse. Il est peut-être arrivé ; si c’est le cas, il compte.",
    letter:
      "Avant l’ouverture de l’adresse de votre lettre, un vote sur la même loi a été commencé dans cet onglet avec un autre code, sans recevoir de réponse. Il est peut-être arrivé ; si c’est le cas, il compte.",
    ways: "Rien n’est envoyé tant que vous n’avez pas dit avec quel vote continuer. Si ce vote n’est pas le vôtre, n’y donnez pas suite.",
    link: "Continuer avec ce vote",
    forget: "Ne plus envoyer ce vote et l’oublier sur cet appareil",
    useNew: "Ne plus envoyer ce vote, l’oublier sur cet appareil et commencer un nouveau vote",
    useLetter: "Ne plus envoyer ce vote, l’oublier sur cet appareil et voter avec la lettre",
    forgotten:
      "Un vote commencé dans cet onglet n’a pas été confirmé à temps, et cet appareil l’a oublié. Il est peut-être arrivé. Tant que le vote est ouvert, vous pouvez voter de nouveau : un seul de vos votes compte.",
  },

  identify: {
    title: "Qui vote ?",
    nas: "Numéro d’assurance sociale (NAS)",
    nasHint: "9 chiffres. Les espaces et les tirets sont sans importance.",
    nasCount: (count) => `${count} chiffre${count > 1 ? "s" : ""} sur 9`,
    code: "Code de votre lettre",
    codeHint:
      "Des lettres et des chiffres. Majuscules et minuscules comptent : tapez-le exactement comme il est imprimé. Les espaces et les tirets sont sans importance.",
    codeHintChecked: (length) =>
      `${length} lettres et chiffres. Majuscules, minuscules, espaces et tirets sont sans importance.`,
    codeCount: (count, length) => `${count} caractère${count > 1 ? "s" : ""} sur ${length}`,
    codeTaken: "Le code de votre lettre est déjà inscrit.",
    privacy:
      "Votre numéro et votre code sont envoyés avec votre vote. Dès qu’il est confirmé, ces pages ne gardent ni l’un ni l’autre sur cet appareil. Votre réponse est conservée sans eux.",
    privacyLetter:
      "L’adresse de votre lettre contient le code, et l’historique de ce navigateur garde peut-être cette adresse.",
    nasEmpty: "Entrez votre numéro d’assurance sociale",
    nasDigits:
      "Votre numéro d’assurance sociale doit avoir 9 chiffres, avec seulement des espaces ou des tirets entre eux",
    codeEmpty: "Entrez le code de votre lettre",
    codeWrong: "Le code doit avoir de 6 à 32 lettres et chiffres",
    codeLength: (length) => `Le code doit avoir ${length} lettres et chiffres`,
    codeRefused: "Ce code est mal tapé ou incomplet. Comparez-le à votre lettre, caractère par caractère",
  },

  choose: { title: "Votre réponse", empty: "Choisissez votre réponse" },

  check: {
    title: "Vérifiez avant de voter",
    law: "La question",
    nas: "Numéro d’assurance sociale",
    nasMasked: (end) => `se termine par ${end}`,
    code: "Code",
    codeMasked: (count) => `${count} caractères`,
    answer: "Votre réponse",
    warningLabel: "Attention",
    warning: "Vous pouvez voter une fois. Votre premier vote compte et ne peut plus être modifié.",
    sealedHere:
      "Cet appareil scelle votre réponse avant de l’envoyer. Personne ne peut la lire en route, ni là où elle est conservée. Après la clôture du vote, les dépositaires de la clé ouvrent tous les bulletins ensemble, sans les noms.",
    sealedByService:
      "Ce navigateur ne peut pas sceller votre réponse. Le service la scelle dès qu’elle arrive et n’en garde rien d’autre. Ensuite, seuls les dépositaires de la clé peuvent la lire, sans votre nom. Avec un navigateur plus récent, votre réponse est scellée avant d’être envoyée.",
    proof:
      "Votre récépissé aura un code de suivi. Il vous permettra de trouver votre bulletin dans la liste publiée à la fin. Toute personne qui voit ce code peut y voir votre réponse, et rien ne l’annule : ne le montrez à personne.",
    noProof: "Votre récépissé n’aura pas de code de suivi de votre bulletin, car ce navigateur ne peut pas le sceller.",
    cast: "Envoyer mon vote",
    changeNas: "Modifier votre numéro d’assurance sociale",
    changeCode: "Modifier votre code",
    changeAnswer: "Modifier votre réponse",
  },

  sending: {
    title: "Votre vote est en route",
    lookTitle: "Recherche de votre vote",
    checkTitle: "Le service a votre vote",
    first: "Envoi de votre vote…",
    noAnswer: (seconds) => `Il n’y a pas eu de réponse. Votre vote est renvoyé dans ${seconds} s.`,
    busy: (seconds) => `Beaucoup de gens votent en ce moment. Votre vote est renvoyé dans ${seconds} s.`,
    away: (seconds) => `Le service ne répond pas correctement. Votre vote est renvoyé dans ${seconds} s.`,
    offline: (seconds) => `Votre appareil n’est pas connecté à Internet. Votre vote est renvoyé dans ${seconds} s.`,
    again: "Votre vote est renvoyé…",
    describeIn: (seconds) =>
      `Le service ne décrit pas cette loi. La page réessaie dans ${seconds} s, avant d’envoyer votre vote.`,
    describing: "Lecture de la description de la loi…",
    checkIn: (seconds) => `La page ne peut pas encore vérifier la promesse du service et réessaie dans ${seconds} s.`,
    checking: "Vérification de la promesse du service…",
    looking:
      "La dernière fois que votre vote a été envoyé, aucun vote sur cette loi n’était reçu. Cette page cherche s’il est arrivé avant, et le renvoie si le vote reprend ; cela prend au plus une minute.",
    keepOpen: "Gardez cette page ouverte. Même envoyé plusieurs fois, votre vote compte une seule fois.",
  },

  unconfirmed: {
    title: "Votre vote n’est pas encore confirmé",
    unknown: "Personne n’a confirmé votre vote. Il est peut-être arrivé, ou non.",
    notArrived: "Votre vote n’est pas arrivé.",
    offline: "Votre appareil n’est pas connecté à Internet. Cette page renvoie votre vote dès qu’il le sera.",
    busy: "Beaucoup de gens votent, ou beaucoup de demandes sont venues de votre réseau. Attendez une minute.",
    away: "Le service n’est pas disponible en ce moment. Vous n’y êtes pour rien.",
    refused:
      "La dernière fois que cette page a envoyé votre vote, il a été refusé, par le service ou en chemin, par exemple par votre réseau. Si un nouvel envoi n’y change rien, essayez depuis un autre réseau ou adressez-vous au bureau électoral.",
    held: "Le service de vote dit qu’il a votre vote. Cette page ne peut pas le confirmer.",
    unpromised:
      "Le service n’a pas signé qu’il a votre vote, comme il le doit. Renvoyez votre vote. Si cette page dit encore la même chose, avertissez le bureau électoral.",
    unchecked:
      "Le service a signé qu’il a votre vote, avec une clé que cette page ne connaît pas, et ne décrit pas la loi en ce moment. Renvoyez votre vote dans quelques minutes.",
    safe: "Vous pouvez renvoyer votre vote sans risque : cela reste un seul vote, compté une fois.",
    send: "Renvoyer mon vote",
    forget: "Ne plus envoyer ce vote et l’oublier sur cet appareil",
    close:
      "Si vous fermez cet onglet, votez de nouveau plus tard, sur n’importe quel appareil, tant que le vote est ouvert. Un seul de vos votes compte.",
  },

  ended: {
    closedTitle: "Le vote est terminé",
    closed: "Votre vote n’a pas été reçu, car le vote sur cette loi est terminé.",
    notTakenTitle: "Votre vote n’a pas été reçu",
    notTaken:
      "La dernière fois que votre vote a été envoyé, aucun vote sur cette loi n’était reçu : le vote venait de se terminer ou était suspendu. La liste des lois dira dans quelques secondes si le vote est ouvert.",
    openAgain:
      "Quand votre vote a été envoyé, aucun vote sur cette loi n’était reçu. Rien n’a été compté. Le vote est de nouveau ouvert : votez de nouveau.",
    closedPlain: "Le vote sur cette loi est terminé. Vous ne pouvez plus voter.",
    closedUnsure:
      "Le vote sur cette loi est terminé. On ne sait pas si votre vote est arrivé à temps. Si c’est le cas, il compte.",
    closedUnsureReceipt: "Ce récépissé le dira dès qu’on le saura :",
    frozenUnsure:
      "Le vote sur cette loi est suspendu pour le moment. On ne sait pas si votre vote est arrivé avant. Revenez plus tard et renvoyez-le : cela reste un seul vote, compté une fois.",
    soonTitle: "Le vote n’est pas encore ouvert",
    soon: "Vous ne pouvez pas encore voter sur cette loi. Rien n’a été envoyé.",
    frozenTitle: "Le vote est suspendu",
    frozen: "Aucun vote sur cette loi n’est reçu pour le moment. Les votes déjà comptés le restent. Revenez plus tard.",
    frozenRefused:
      "Votre vote n’a pas été reçu, car le vote sur cette loi est suspendu pour le moment. Revenez plus tard.",
    unknownLawTitle: "Cette loi n’existe pas",
    unknownLaw: "L’adresse nomme une loi qui n’existe pas. Choisissez-en une dans la liste.",
    refusedTitle: "Votre vote n’a pas été accepté",
    refused:
      "Votre vote a été refusé, par le service ou par quelque chose sur le chemin, comme votre réseau. Rien n’a été compté. Recommencez ; si cela se reproduit, utilisez un autre réseau ou adressez-vous au bureau électoral.",
    cannotSeal:
      "Cette page ne peut pas sceller votre réponse, parce que le service ne décrit pas la loi comme il le doit. Rien n’a été envoyé. Recommencez ; si cela se reproduit, adressez-vous au bureau électoral.",
    awayTitle: "Le service n’est pas disponible",
    away: "Il n’y a pas de réponse que cette page puisse montrer. Réessayez dans une minute.",
    offline: "Votre appareil n’est pas connecté à Internet. Connectez-le, puis réessayez.",
    busyTitle: "Trop de demandes",
    busy: "Beaucoup de gens utilisent le service, ou beaucoup de demandes sont venues de votre réseau. Attendez une minute, puis réessayez.",
    lookAtReceipt: "Voir votre récépissé",
  },

  receipt: {
    title: "Votre récépissé",
    intro: "Un récépissé dit ce qu’est devenu un vote. Il ne dit jamais ce qu’était ce vote.",
    number: "Numéro du récépissé",
    numberHint:
      "Il commence par A et figure sur votre récépissé enregistré ou imprimé. Majuscules et minuscules comptent.",
    numberEmpty: "Entrez un numéro de récépissé",
    numberWrong:
      "Ce n’est pas un numéro de récépissé. Il est long et n’a que des lettres, des chiffres, des tirets et des traits de soulignement : entrez-le en entier",
    file: "Ou ouvrez un récépissé enregistré",
    fileHint: "Le fichier dont le nom commence par « recepisse » ou « receipt ».",
    choose: "Choisir un fichier",
    fileWrong: "Ce fichier n’est pas un récépissé enregistré",
    look: "Afficher le récépissé",
    law: "Loi",
    status: "État",
    time: "Depuis le",
    statuses: {
      received: "Reçu",
      counted: "Compté",
      duplicate: "Pas compté : vous avez déjà voté",
      invalid: "Pas compté",
      lost: "Perdu",
    },
    inDoubtTitle: "On ne sait pas encore si votre vote est arrivé",
    inDoubtWait: "S’il est arrivé, cette page montrera d’ici quelques minutes qu’il est compté.",
    inDoubt: "Sinon, envoyez votre vote de nouveau : il reste un seul vote et compte une fois.",
    inDoubtForgotten: "Sinon, votez de nouveau tant que le vote est ouvert : un seul de vos votes compte.",
    inDoubtClosed:
      "Sinon, il ne peut plus être envoyé, car le vote sur cette loi est terminé. Adressez-vous au bureau électoral.",
    inDoubtStatus: "Pas encore connu",
    receivedTitle: "Votre vote a été reçu",
    received:
      "Il est en cours de vérification. Cela prend d’habitude quelques secondes ; cette page indiquera quand il est compté.",
    receivedLong:
      "Cela prend plus de temps que d’habitude. Votre vote est en sécurité. Vous pouvez fermer cette page et consulter votre récépissé plus tard.",
    countedTitle: "Votre vote est compté",
    counted: "Merci. Vous n’avez plus rien à faire.",
    duplicateTitle: "Vous avez déjà voté",
    duplicate: "Un autre vote à votre nom est arrivé avant. C’est cet autre vote qui compte.",
    duplicateHelp:
      "Si personne n’a déjà voté avec votre lettre, avertissez le bureau électoral : quelqu’un d’autre l’a peut-être utilisée.",
    invalidTitle: "Votre vote ne compte pas",
    invalid:
      "Personne sur la liste électorale de cette loi n’a ce numéro avec ce code. Souvent, l’un des deux est mal tapé ; dans certains codes, majuscules et minuscules comptent.",
    invalidHelp:
      "Comparez les deux à votre lettre et votez de nouveau. Si cela n’aide pas, adressez-vous au bureau électoral.",
    invalidClosed:
      "Le vote sur cette loi est terminé ; vous ne pouvez plus voter. Si les deux sont comme dans votre lettre, avertissez le bureau électoral.",
    codeReplaced: "Quand vous avez voté, ce code avait été remplacé par un autre, dans une nouvelle lettre.",
    codeReplacedHelp:
      "Votez de nouveau avec le code de la nouvelle lettre. Si vous n’en avez pas, adressez-vous au bureau électoral.",
    codeReplacedClosed:
      "Le vote sur cette loi est terminé ; vous ne pouvez plus voter. Si vous n’avez jamais reçu la nouvelle lettre, avertissez le bureau électoral.",
    copied:
      "Le bulletin scellé qui est arrivé avec votre vote est la copie d’un autre, arrivé avant. Les copies ne comptent pas : elles pourraient trahir la réponse de quelqu’un d’autre.",
    copiedHelp:
      "Vous n’avez pas encore voté. Votez de nouveau, si possible avec un autre appareil, et avertissez le bureau électoral.",
    copiedClosed:
      "Le vote sur cette loi est terminé ; vous ne pouvez plus voter. Avertissez le bureau électoral et gardez ce récépissé.",
    sealed:
      "Votre réponse est scellée. Seuls les dépositaires de la clé peuvent ouvrir les bulletins. Ils les ouvrent après la clôture du vote, tous ensemble et sans les noms.",
    promise: "Promesse du service de vote",
    promiseRight:
      "Le service de vote a signé qu’il a pris ce vote, et cette page a vérifié la signature. La signature ne montre pas comment vous avez voté. Enregistrez le récépissé si vous voulez prouver à quelqu’un que le service a votre vote : le fichier contient tout ce qu’il faut pour cela, le papier non.",
    promiseUnchecked:
      "Le service de vote a signé qu’il a pris ce vote. Cette page n’a pas pu vérifier la signature pour le moment. La signature ne montre pas comment vous avez voté. Enregistrez ce récépissé : la signature peut être vérifiée plus tard.",
    promiseWrong:
      "La signature de ce récépissé n’est pas celle du service de vote pour cette loi. Si ce récépissé vient d’un fichier, le fichier a peut-être été modifié. Sinon, avertissez le bureau électoral.",
    tracker: "Code de suivi de votre bulletin",
    trackerWarning:
      "Enregistrez ou imprimez ce récépissé si vous voulez trouver votre bulletin dans la liste publiée. Toute personne qui voit le code de suivi peut y voir votre réponse : ne le montrez à personne. Le fichier enregistré le contient aussi : retirez-le du fichier avant de le donner à quelqu’un.",
    struck: "Quand vous avez voté, vous n’étiez plus sur la liste électorale de cette loi.",
    struckHelp: "Si vous pensez que c’est une erreur, adressez-vous au bureau électoral.",
    lostTitle: "Votre vote a été perdu",
    lost: "Une panne du système a annulé votre vote après sa réception. Il n’est pas compté.",
    lostHelp: "Votez de nouveau : un seul vote compte.",
    lostClosed:
      "Le vote sur cette loi est terminé ; votre vote ne peut plus être envoyé. Adressez-vous au bureau électoral et gardez ce récépissé.",
    notNow: "Aucun vote sur cette loi n’est reçu pour le moment. Revenez plus tard.",
    ifOpen: "Impossible de lire si le vote est encore ouvert : la page du vote le dira.",
    voteAgain: "Voter de nouveau",
    unknownTitle: "Ce récépissé n’existe pas",
    unknown: "Aucun vote n’a reçu ce numéro. Vérifiez-le, caractère par caractère ; majuscules et minuscules comptent.",
    destroyedTitle: "Ce récépissé a été détruit",
    destroyed:
      "Le délai pour contester ce vote est écoulé : tous les dossiers des électeurs et tous les récépissés ont été détruits. Le résultat demeure.",
    awayTitle: "Impossible de lire votre récépissé pour le moment",
    away: "Le service n’est pas disponible en ce moment. Cela n’a aucun effet sur votre vote. Réessayez dans une minute.",
    busy: "Trop de demandes sont arrivées en même temps. Cela n’a aucun effet sur votre vote. Réessayez dans une minute.",
    offline: "Votre appareil n’est pas connecté à Internet. Cela n’a aucun effet sur votre vote.",
    save: "Enregistrer ce récépissé",
    saved: (file) =>
      `Votre navigateur enregistre le récépissé sous le nom ${file}. Cherchez-le parmi vos téléchargements.`,
    print: "Imprimer",
    another: "Voir un autre récépissé",
    done: "Terminer et oublier ce récépissé sur cet appareil",
    keep: "Pour consulter ce récépissé plus tard, enregistrez-le ou imprimez-le : cet onglet l’oublie quand on le ferme.",
    where: (address) => `Pour consulter ce récépissé de nouveau : ${address}`,
  },

  results: {
    title: "Résultats et participation",
    choose: "Choisissez une loi.",
    of: (title) => `Résultats et participation : ${title}`,
    progress: {
      not_open_yet: "Aucun vote n’est compté avant l’ouverture du vote.",
      open: "Le dépouillement est en cours, et ces chiffres vont changer.",
      frozen: "Le vote est suspendu. Les votes déjà comptés le restent.",
      closed: "Le vote est terminé. Il se peut que les derniers votes soient encore comptés pendant quelques minutes.",
    },
    final: "Le vote est terminé et le compte est définitif.",
    afterClose: "Le dépouillement est en cours. Le compte sera publié après la clôture du vote.",
    soon: "Le vote est terminé. Le compte sera publié dès que les derniers votes auront été comptés.",
    sealed: "Les bulletins sont scellés. Ils seront ouverts et comptés après la clôture du vote.",
    opening:
      "Le vote est terminé. Les dépositaires de la clé ouvrent les bulletins scellés ; le compte sera publié quand deux dépouillements concorderont.",
    valid: "Bulletins valides",
    spoiled: "Bulletins nuls",
    all: "Tous les bulletins",
    spoiledShare: (share) => `Bulletins nuls : ${share} de tous les bulletins`,
    spoiledHint:
      "Les parts sont celles des bulletins valides. Un bulletin nul ne s’ouvre pas, ou n’a aucune réponse possible. Il fait partie de la participation.",
    updates: "Cette page se met à jour d’elle-même.",
    paused: "Les mises à jour sont suspendues.",
    pause: "Suspendre les mises à jour",
    resume: "Reprendre les mises à jour",
    counts: "Votes comptés",
    answer: "Réponse",
    votes: "Votes",
    share: "Part",
    shareText: (name, share) => `${name} : ${share}`,
    total: "Total",
    noVotes: "Aucun compte n’est encore publié.",
    nobodyVoted: "Aucun vote n’a été compté.",
    changed: (time) => `Ce compte a été publié le ${time}.`,
    turnout: "Participation",
    turnoutText: (voted, eligible, share) =>
      `Personnes qui ont voté : ${voted}. Personnes sur la liste électorale, changements annoncés compris : ${eligible} (${share}).`,
    turnoutStruck:
      "Plus de personnes ont voté qu’il n’y en a maintenant sur la liste, car les personnes radiées de la liste après avoir voté restent parmi celles qui ont voté.",
    turnoutNoRoll: (voted) => `Personnes qui ont voté : ${voted}.`,
    byHour: "Votes selon l’heure",
    period: "Reçus",
    plotHours: (count, most) =>
      `Diagramme à barres de ${count} période${count > 1 ? "s" : ""} ; votes par heure dans la plus haute : ${most}. Le tableau ci-dessous a les votes de chaque période.`,
    perHour: "Votes par heure",
    votesIn: (period, votes) => `${period}, votes : ${votes}`,
    joined: "Les heures qui ont trop peu de votes pour être montrées seules sont réunies avec leurs voisines.",
    stale: "Les derniers nombres n’ont pas pu être lus. Voici les derniers connus.",
    print: "Imprimer",
  },
};
